import { describe, expect, it } from 'vitest';
import { span, suggested, timesOf } from './planning';

describe('a new meeting', () => {
  it('begins soon and lasts as long as its kind', () => {
    const now = new Date(2026, 10, 22, 10, 13).getTime();
    expect(suggested('lesson', now)).toEqual({ day: '2026-11-22', from: '10:15', until: '11:00' });
    expect(suggested('conference', now).until).toBe('11:45');
    expect(suggested('lesson', new Date(2026, 11, 31, 23, 30).getTime())).toEqual({ day: '2027-01-01', from: '08:00', until: '08:45' });
  });

  it('stands in the fields as it was planned', () => {
    const times = { day: '2026-11-22', from: '08:05', until: '11:00' };
    const when = span(times);
    expect(when === null ? null : timesOf(when)).toEqual(times);
  });

  it('has an end after its start', () => {
    const times = { day: '2026-11-22', from: '10:15', until: '11:00' };
    expect(span(times)).toEqual({ starts_at: new Date(2026, 10, 22, 10, 15).getTime(), ends_at: new Date(2026, 10, 22, 11, 0).getTime() });
    for (const wrong of [{ until: '10:15' }, { until: '09:00' }, { from: '' }, { day: '' }, { day: '2026-13-45' }]) expect(span({ ...times, ...wrong })).toBeNull();
  });
});
