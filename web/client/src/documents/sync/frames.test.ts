import * as encoding from 'lib0/encoding';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { ackOf, sentFrame, stepOne } from './frames';

describe('frames', () => {
  it('tells the frames that are counted from the others', () => {
    expect(sentFrame(stepOne(new Y.Doc()))).toBe('other');
    expect(sentFrame(Uint8Array.of(0, 1, 2, 0, 0))).toBe('step-2');
    expect(sentFrame(Uint8Array.of(0, 2, 2, 0, 0))).toBe('update');
    expect(sentFrame(Uint8Array.of(1, 1, 0))).toBe('other');
    expect(sentFrame(new Uint8Array())).toBe('other');
  });

  it('reads acks of any size and nothing else', () => {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, 100);
    encoding.writeVarUint(encoder, 70_000);
    expect(ackOf(encoding.toUint8Array(encoder))).toBe(70_000);
    expect(ackOf(Uint8Array.of(100))).toBeNull();
    expect(ackOf(Uint8Array.of(100, 0x80))).toBeNull();
    expect(ackOf(Uint8Array.of(0, 2, 0))).toBeNull();
    expect(ackOf(new Uint8Array())).toBeNull();
  });
});
