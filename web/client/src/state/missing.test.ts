import { describe, expect, it } from 'vitest';
import { NOTHING_MISSING, whyMissing } from './missing';

describe('why a picture is missing', () => {
  it('names what the person can do least about first', () => {
    const missing = { undecodable: new Set(['a']), line: new Set(['a', 'b']), screen: new Set(['b', 'c']) };
    expect(['a', 'b', 'c', 'd'].map((peer) => whyMissing(missing, peer))).toEqual(['undecodable', 'line', 'screen', null]);
    expect(whyMissing(NOTHING_MISSING, 'a')).toBeNull();
  });
});
