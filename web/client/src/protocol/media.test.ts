import { describe, expect, it } from 'vitest';
import { kindOf, presentSource, SLOTS, SOURCES } from './media';

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
