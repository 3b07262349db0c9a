import { describe, expect, it } from 'vitest';
import { laidOut, layOut } from './laying';
import { room } from './testing';

function school(...documents: string[]) {
  const changes: string[][] = [];
  const meetings = {
    meeting: () => Promise.resolve({ documents }),
    changeMeeting: (_: string, change: { documents: string[] }) => Promise.resolve(changes.push(change.documents)),
  };
  return { changes, meetings };
}

describe('what is put on the board', () => {
  it('is laid out beside what lies there by now', async () => {
    const { changes, meetings } = school('a', 'b');
    await layOut(meetings, room([], { documents: ['a'] }), 'c');
    expect(changes).toEqual([['a', 'b', 'c']]);
  });

  it('stays as it is where it lies there already', async () => {
    const { changes, meetings } = school('a', 'b');
    for (const document of ['a', 'b']) await layOut(meetings, room([], { documents: ['a'] }), document);
    expect(changes).toEqual([]);
  });

  it('is shown to no family but by what was laid out before', async () => {
    const { changes, meetings } = school();
    await layOut(meetings, room([], { kind: 'consultation' }), 'c');
    expect(changes).toEqual([]);
    expect(laidOut(room([], { kind: 'consultation', documents: ['a'] }))).toEqual(['a']);
  });
});
