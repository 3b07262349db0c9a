/**
 * The page's side of end-to-end encryption: keys and frames live in a worker, the page carries messages. One object is
 * one visit to one room; it outlives media connections. Whoever cannot transform encoded frames cannot take part.
 */
import type { Kind } from './e2ee_frame';
import type { FromWorker, Place, ToWorker } from './e2ee_wire';
import type { SlotPurpose } from './media';
import type { Parcel, SecretHello, SecretKey } from './messages';

/** Whoever seals says something at once; a worker that does not in this time has not come. */
const ARRIVAL_MS = 15_000;
/** A new key is used when the server has taken it for everybody, or after this. */
const SENT_MS = 500;

export interface SecrecyPort {
  /** Carries parcels to people in the room; settles when the server has taken them or will not. */
  send(parcels: Parcel[]): Promise<void>;
  code(code: string | null): void;
  heal(slot: SlotPurpose): void;
  /** What seals and opens did not load: nothing goes through this object, another one is needed. */
  unloaded(): void;
}

/** Whether this browser can seal and open frames. */
export function canEncrypt(): boolean {
  return 'RTCRtpScriptTransform' in globalThis && 'transform' in RTCRtpSender.prototype && globalThis.crypto?.subtle !== undefined;
}

export class Secrecy {
  readonly #port: SecrecyPort;
  readonly #worker = new Worker(new URL('./e2ee_worker.ts', import.meta.url), { type: 'module' });

  #late: ReturnType<typeof setTimeout> | undefined;
  #heard = false;

  constructor(port: SecrecyPort) {
    this.#port = port;
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#on(data);
    this.#worker.onerror = () => this.#missed();
  }

  guardSender(sender: RTCRtpSender, kind: Kind): void {
    sender.transform = this.#transform({ side: 'send', kind });
  }

  guardReceiver(receiver: RTCRtpReceiver, kind: Kind, slot: SlotPurpose): void {
    receiver.transform = this.#transform({ side: 'receive', kind, slot });
  }

  /** Who else is in the room; `greet`: I have just come, or come back. */
  people(peers: string[], greet: boolean): void {
    if (!this.#heard) this.#late ??= setTimeout(() => this.#missed(), ARRIVAL_MS);
    this.#say({ type: 'people', peers, greet });
  }

  receive(peer: string, data: SecretHello | SecretKey): void {
    this.#say({ type: 'secret', peer, data });
  }

  close(): void {
    clearTimeout(this.#late);
    this.#worker.terminate();
  }

  #transform(place: Place): RTCRtpScriptTransform {
    return new RTCRtpScriptTransform(this.#worker, place);
  }

  /** The network changed while the worker was on its way. */
  #missed(): void {
    if (this.#heard) return;
    this.close();
    this.#port.unloaded();
  }

  #on(message: FromWorker): void {
    this.#heard = true;
    clearTimeout(this.#late);
    if (message.type === 'code') this.#port.code(message.code);
    else if (message.type === 'heal') this.#port.heal(message.slot);
    else void this.#send(message.parcels, message.turn);
  }

  async #send(parcels: Parcel[], turn: number | null): Promise<void> {
    await Promise.race([this.#port.send(parcels), new Promise((resolve) => setTimeout(resolve, SENT_MS))]);
    if (turn !== null) this.#say({ type: 'sent', turn });
  }

  #say(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}
