import { describe, expect, it } from 'vitest';
import type { Meeting } from '../protocol/http';
import { Agenda } from './agenda.svelte';

const meeting = (id: string, title = id) => ({ id, title }) as Meeting;

describe('the agenda', () => {
  it('goes on from where it is complete, keeps what was read, and trusts the start page most', async () => {
    const asked: number[] = [];
    const agenda = new Agenda(
      (since, until) => (asked.push(since), Promise.resolve({ meetings: [meeting('b', 'old'), meeting(`at ${since}`)], until: since === 100 ? 150 : until })),
      () => ({ meetings: [meeting('a'), meeting('b', 'new')], until: 100 }),
    );
    await agenda.more();
    await agenda.more();
    expect(asked).toEqual([100, 150]);
    expect(agenda.meetings.map(({ title }) => title)).toEqual(['new', 'at 100', 'at 150', 'a']);
    expect(agenda.until).toBeGreaterThan(150);
  });

  it('reads anew what was read beyond the start page', async () => {
    let title = 'before';
    const agenda = new Agenda((_, until) => Promise.resolve({ meetings: [meeting('b', title)], until }), () => ({ meetings: [], until: 7 }));
    await agenda.again();
    expect(agenda.meetings).toEqual([]);
    await agenda.more();
    title = 'after';
    await agenda.again();
    expect(agenda.meetings.map((one) => one.title)).toEqual(['after']);
  });

  it('steps over a moment that is too full', async () => {
    const agenda = new Agenda((since) => Promise.resolve({ meetings: [], until: since }), () => ({ meetings: [], until: 7 }));
    await agenda.more();
    expect(agenda.until).toBe(8);
  });
});
