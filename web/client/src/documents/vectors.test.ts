import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { positionBetween } from './position';
import { deckSaid, tableSaid } from './testing/vectors';

interface Vectors {
  readonly positions: readonly { low: string | null; high: string | null; random: number[]; made: string }[];
  readonly documents: readonly { name: string; kind: 'deck' | 'table'; update: string; said: unknown }[];
}

// Held by both sides: tests/collab/test_shapes.py reads the same file.
const vectors = JSON.parse(readFileSync(new URL('../../../../tests/vectors/shapes.json', import.meta.url), 'utf8')) as Vectors;

describe('shapes shared with the server', () => {
  it('makes the same positions from the same chances', () => {
    for (const { low, high, random, made } of vectors.positions) {
      const chances = [...random];
      expect(positionBetween(low, high, () => chances.shift() ?? NaN), `${low} < ? < ${high}`).toBe(made);
    }
    expect(vectors.positions.length).toBeGreaterThan(50);
  });

  it.each(vectors.documents)('reads $name', ({ kind, update, said }) => {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, Uint8Array.from(Buffer.from(update, 'base64')));
    expect(kind === 'deck' ? deckSaid(doc) : tableSaid(doc)).toEqual(said);
  });
});
