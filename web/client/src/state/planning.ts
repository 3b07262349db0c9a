/** What is filled in for a new meeting, and its times in milliseconds. Pure. */
import type { Meeting } from '../protocol/http';
import { clock, minutes } from './hours';

const STEP = 5;
const LASTS: Record<Meeting['kind'], number> = { lesson: 45, consultation: 120, conference: 90 };

export interface Times {
  day: string;
  from: string;
  until: string;
}

/** From the next five minutes on; shortly before midnight the whole next day is free. */
export function suggested(kind: Meeting['kind'], now: number): Times {
  const date = new Date(now);
  const start = Math.ceil((date.getHours() * 60 + date.getMinutes()) / STEP) * STEP;
  if (start + LASTS[kind] < 24 * 60) return { day: dayOf(date), from: clock(start), until: clock(start + LASTS[kind]) };
  date.setDate(date.getDate() + 1);
  return { day: dayOf(date), from: clock(8 * 60), until: clock(8 * 60 + LASTS[kind]) };
}

/** Null where the end is not after the start, or a field is no time. */
export function span({ day, from, until }: Times): { starts_at: number; ends_at: number } | null {
  const [start, end] = [minutes(from), minutes(until)];
  if (start === null || end === null || end <= start || !/^\d{4}-\d\d-\d\d$/.test(day)) return null;
  const starts_at = new Date(`${day}T${from}`).getTime();
  const ends_at = new Date(`${day}T${until}`).getTime();
  return Number.isNaN(starts_at) || Number.isNaN(ends_at) ? null : { starts_at, ends_at };
}

/** When a planned meeting is, as it stands in the fields. */
export function timesOf({ starts_at, ends_at }: Pick<Meeting, 'starts_at' | 'ends_at'>): Times {
  const [start, end] = [new Date(starts_at), new Date(ends_at)];
  const at = (date: Date): string => clock(date.getHours() * 60 + date.getMinutes());
  return { day: dayOf(start), from: at(start), until: at(end) };
}

function dayOf(date: Date): string {
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}`;
}
