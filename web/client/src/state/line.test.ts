import { describe, expect, it } from 'vitest';
import { readSample, type LinkSample, type Picture } from '../protocol/stats';
import { Freezes } from './freezes';
import { emodel, rate, wordOf } from './quality';

const sample = (more: Partial<LinkSample> = {}): LinkSample => ({ at: 0, roundTrip: 0.02, jitter: 0, jitterUp: 0, received: 0, heard: 0, lost: 0, sent: 0, lostUp: 0, path: 'udp', arriving: [], leaving: [], ...more });

describe('the E-model', () => {
  it('takes nothing from a line without loss and delay', () => expect(emodel(0, 0)).toBe(93.2));
  it('agrees with G.107 about delay: 0.024 a millisecond, and 0.11 more beyond 177.3', () => {
    expect(emodel(0, 0.1)).toBeCloseTo(90.8, 1);
    expect(emodel(0, 0.3)).toBeCloseTo(93.2 - 7.2 - 0.11 * 122.7, 1);
  });
  it('takes 32 for one packet in ten', () => expect(emodel(0.1, 0)).toBeCloseTo(93.2 - 950 / 30, 1));
  it('never falls below nothing', () => expect(emodel(1, 20)).toBe(0));
});

describe('a rating', () => {
  it.each([
    [sample({ received: 1000 }), 'good'],
    [sample({ received: 1000, lost: 60 }), 'fair'],
    [sample({ received: 1000, lost: 300 }), 'weak'],
    [sample({ received: 1000, sent: 1000, lostUp: 60 }), 'fair'],
    [sample({ roundTrip: 0.5 }), 'fair'],
    [sample({ jitter: 0.3 }), 'weak'],
    [sample({ roundTrip: null }), 'good'],
  ] as const)('%# has its word', (after, word) => expect(wordOf(rate(sample(), after).score)).toBe(word));
  it('counts what was lost since the last look, and the worse direction', () => {
    const before = sample({ received: 1000, lost: 500, sent: 100, lostUp: 50 });
    expect(rate(before, sample({ received: 2000, lost: 500, sent: 300, lostUp: 60 }))).toMatchObject({ loss: 0.05 });
    expect(rate(before, before).loss).toBe(0);
  });
});

describe('a sample', () => {
  it('is read from the nominated pair and all that arrives and leaves', () => {
    const report = new Map<string, object>([
      ['p', { id: 'p', type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.1, localCandidateId: 'l' }],
      ['q', { id: 'q', type: 'candidate-pair', nominated: false, state: 'succeeded', currentRoundTripTime: 9 }],
      ['l', { id: 'l', type: 'local-candidate', candidateType: 'host', protocol: 'udp' }],
      ['a', { id: 'a', type: 'inbound-rtp', kind: 'audio', packetsReceived: 10, packetsLost: 2, jitter: 0.01 }],
      ['v', { id: 'v', type: 'inbound-rtp', kind: 'video', mid: '7', packetsReceived: 20, packetsLost: -3, framesDecoded: 5, bytesReceived: 900, frameWidth: 160, frameHeight: 90, jitter: 9 }],
      ['o', { id: 'o', type: 'outbound-rtp', kind: 'video', mid: '1', rid: 'q', active: false, packetsSent: 30 }],
      ['r', { id: 'r', type: 'remote-inbound-rtp', kind: 'audio', packetsLost: 4, jitter: 0.02 }],
    ]);
    const read = readSample(report, 5);
    expect(read).toMatchObject({ at: 5, roundTrip: 0.1, path: 'udp', received: 30, lost: 2, jitter: 0.01, sent: 30, lostUp: 4, jitterUp: 0.02 });
    expect(read.arriving).toEqual([{ mid: '7', rid: '', active: true, width: 160, height: 90, frames: 5, bytes: 900, packets: 20, lost: 0 }]);
    expect(read.leaving).toMatchObject([{ mid: '1', rid: 'q', active: false }]);
  });
});

describe('frozen pictures', () => {
  const at = (frames: number, bytes: number): Picture[] => [{ mid: '7', rid: '', active: true, width: 0, height: 0, frames, bytes, lost: 0, packets: 0 }];
  it('are named when bytes come and no frame is decoded, again and again, until they move', () => {
    const freezes = new Freezes();
    const seen = [at(10, 1000), at(20, 5000), at(20, 9000), at(20, 13_000), at(20, 17_000), at(21, 20_000), at(21, 24_000)].map((pictures, look) => freezes.look(2000 * look, pictures));
    expect(seen).toEqual([[], [], [], ['7'], ['7'], [], []]);
  });
  it('are not those that nobody sends, nor those that are padded only', () => {
    const freezes = new Freezes();
    const seen = [at(10, 1000), at(10, 1000), at(10, 1100), at(10, 1200), at(10, 1300)].map((pictures, look) => freezes.look(2000 * look, pictures));
    expect(seen.flat()).toEqual([]);
  });
});
