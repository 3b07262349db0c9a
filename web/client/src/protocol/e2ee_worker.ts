/**
 * The worker through which every frame of an encrypted meeting goes. Laws: no frame leaves unsealed and none arrives
 * unopened: while there is no key, or when it does not open, it is dropped. One worker counts for all tracks of mine.
 * When a key arrives for frames that were dropped, a key frame is asked for.
 */
import { open, parseTrailer, seal, Window, type Bytes, type FrameKey } from './e2ee_frame';
import { Keys } from './e2ee_keys';
import { Talk } from './e2ee_talk';
import type { FromWorker, Place, ToWorker } from './e2ee_wire';

interface Frame {
  data: ArrayBuffer;
}
interface Transformer {
  readable: ReadableStream<Frame>;
  writable: WritableStream<Frame>;
  options: Place;
  sendKeyFrameRequest?(): Promise<unknown>;
}
interface Scope {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  onrtctransform: ((event: { transformer: Transformer }) => void) | null;
}

const scope = globalThis as unknown as Scope;
const now = (): number => performance.now();
/** Asks for a key frame in each slot that dropped frames. */
const healers = new Set<() => void>();

const talking = Keys.create().then(
  (keys) =>
    new Talk(
      keys,
      {
        send: (parcels, turn) => scope.postMessage({ type: 'send', parcels, turn }),
        code: (code) => scope.postMessage({ type: 'code', code }),
        opened: () => healers.forEach((heal) => heal()),
      },
      now,
    ),
);

async function sealFrame(talk: Talk, place: Place, frame: Frame): Promise<boolean> {
  const { sending } = talk.keys;
  const counter = sending.next(); // taken before anything is waited for
  if (counter === null) {
    void talk.repair(true);
    return false;
  }
  frame.data = (await seal(sending.frame, counter, place.kind, new Uint8Array(frame.data))).buffer;
  return true;
}

async function openFrame(talk: Talk, windows: WeakMap<FrameKey, Window>, frame: Frame): Promise<boolean> {
  const sealed: Bytes = new Uint8Array(frame.data);
  const trailer = parseTrailer(sealed);
  if (trailer === null) return false;
  const key = talk.keys.opening(trailer.id, now());
  if (key === null) {
    void talk.repair(false);
    return false;
  }
  const opened = await open(key, trailer, sealed);
  const window = windows.get(key) ?? new Window();
  windows.set(key, window);
  if (opened === null || !window.take(trailer.counter)) return false;
  frame.data = opened.buffer;
  return true;
}

async function guard({ readable, writable, options }: Transformer, ask: () => Promise<unknown>): Promise<void> {
  const talk = await talking;
  const windows = new WeakMap<FrameKey, Window>();
  let missed = false;
  const heal = (): void => {
    if (!missed || options.side !== 'receive' || options.kind !== 'video') return;
    missed = false;
    ask().catch(() => scope.postMessage({ type: 'heal', slot: options.slot }));
  };
  healers.add(heal);
  const gate = new TransformStream<Frame, Frame>({
    async transform(frame, out) {
      const passes = options.side === 'send' ? await sealFrame(talk, options, frame) : await openFrame(talk, windows, frame);
      if (passes) out.enqueue(frame);
      else missed = true;
    },
  });
  // It ends when the connection closes, one way or the other.
  await readable.pipeThrough(gate).pipeTo(writable).catch(() => undefined);
  healers.delete(heal);
}

scope.onrtctransform = ({ transformer }) => {
  void guard(transformer, () => transformer.sendKeyFrameRequest?.() ?? Promise.reject(new Error('not offered')));
};

scope.onmessage = ({ data: message }) => {
  void talking.then((talk) => {
    if (message.type === 'people') void talk.people(message.peers, message.greet);
    else if (message.type === 'secret') void talk.receive(message.peer, message.data);
    else talk.sent(message.turn);
  });
};
