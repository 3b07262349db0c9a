import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { kindOf, MediaConnection, presentSource, SLOTS, SOURCES } from './media';

const receiver = (...sources: { source: number; timestamp: number }[]) =>
  ({ getContributingSources: () => sources.map((one) => ({ ...one, rtpTimestamp: 0 })) }) as unknown as RTCRtpReceiver;

describe('who is in the picture', () => {
  it('is the contributing source of the newest packet, whatever the order of the list', () => {
    expect(presentSource(receiver({ source: 7, timestamp: 100 }, { source: 8, timestamp: 200 }))).toBe(8);
    expect(presentSource(receiver({ source: 8, timestamp: 200 }, { source: 7, timestamp: 300 }))).toBe(7);
  });

  it('is nobody before the first packet', () => {
    expect(presentSource(receiver())).toBeNull();
  });
});

describe('the m-lines', () => {
  it('are sources then slots, audio where there is sound', () => {
    expect([...SOURCES, ...SLOTS].map(kindOf).map((kind) => kind[0]).join('')).toBe('avva' + 'avavaa' + 'vvvvvvvv');
  });
});

describe('the layers of my picture', () => {
  const track = { getSettings: () => ({ width: 640, height: 360 }) } as unknown as MediaStreamTrack;
  let refusals = 0;
  let taken: (string | undefined)[][] = [];

  class Sender {
    track: MediaStreamTrack | null = null;
    encodings: RTCRtpEncodingParameters[];
    constructor(encodings: RTCRtpEncodingParameters[]) {
      this.encodings = encodings;
    }
    async replaceTrack(next: MediaStreamTrack | null): Promise<void> {
      this.track = next;
    }
    getParameters(): { encodings: RTCRtpEncodingParameters[] } {
      return structuredClone({ encodings: this.encodings });
    }
    async setParameters({ encodings }: { encodings: RTCRtpEncodingParameters[] }): Promise<void> {
      if (refusals-- > 0) throw new DOMException('not now', 'InvalidModificationError');
      this.encodings = encodings;
      taken.push(encodings.filter(({ active }) => active).map(({ rid }) => rid));
    }
  }

  beforeEach(() => {
    vi.useFakeTimers();
    [refusals, taken] = [0, []];
    vi.stubGlobal('RTCRtpReceiver', { getCapabilities: () => null });
    vi.stubGlobal('RTCPeerConnection', class extends EventTarget {
      addTransceiver(_: string, { sendEncodings = [] }: RTCRtpTransceiverInit) {
        return { mid: null, sender: new Sender(sendEncodings), receiver: {} };
      }
      close(): void {}
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const made = () => new MediaConnection({ offer: async () => '', state: () => undefined });

  it('are those that were asked for, also before there was a picture', async () => {
    const connection = made();
    await connection.setLayers('camera', ['q']);
    expect(taken).toEqual([]);
    await connection.setSource('camera', track);
    await connection.setLayers('camera', ['q', 'f']);
    expect(taken).toEqual([['q'], ['q', 'h']]);
  });

  it('are tried again where the browser refused them', async () => {
    const connection = made();
    await connection.setSource('camera', track);
    refusals = 2;
    await connection.setLayers('camera', ['q']);
    expect(taken).toEqual([['q', 'h']]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(taken).toEqual([['q', 'h'], ['q']]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(taken).toHaveLength(2);
  });

  it('are tried again in the way that was asked for last, and not for a connection that was closed', async () => {
    const connection = made();
    await connection.setSource('camera', track);
    refusals = 1;
    await connection.setLayers('camera', ['q']);
    await connection.setLayers('camera', ['q', 'h']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(taken.at(-1)).toEqual(['q', 'h']);
    refusals = 1;
    await connection.setLayers('camera', ['q']);
    const before = taken.length;
    connection.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(taken).toHaveLength(before);
  });
});
