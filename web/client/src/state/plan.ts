/** Which meetings belong to today, in order, and where in the day each stands. */
import type { Meeting } from '../protocol/http';

/** The door opens this long before the bell. */
const EARLY_MS = 10 * 60_000;

export interface PlanEntry {
  meeting: Meeting;
  /** "moved": it stands where it was, and takes place at another time. */
  when: 'past' | 'now' | 'later' | 'moved';
  /** When it stands in the day. */
  at: number;
}

export function planOf(meetings: readonly Meeting[], now: number): PlanEntry[] {
  return meetings
    .filter((meeting) => sameDay(meeting.starts_at, now) || (meeting.starts_at <= now && now < meeting.ends_at) || left(meeting, now))
    .map((meeting): PlanEntry => (left(meeting, now) ? { meeting, when: 'moved', at: meeting.moved_from ?? 0 } : { meeting, when: whenOf(meeting, now), at: meeting.starts_at }))
    .sort((a, b) => a.at - b.at || rank(a.meeting) - rank(b.meeting) || a.meeting.title.localeCompare(b.meeting.title));
}

/** What comes on later days, the next first. */
export function upcomingOf(meetings: readonly Meeting[], now: number): Meeting[] {
  return meetings
    .filter((meeting) => meeting.starts_at > now && !sameDay(meeting.starts_at, now))
    .sort((a, b) => a.starts_at - b.starts_at || rank(a) - rank(b) || a.title.localeCompare(b.title));
}

/** It was to be on this day, and is on another. */
function left(meeting: Meeting, now: number): boolean {
  return meeting.moved_from !== null && sameDay(meeting.moved_from, now) && !sameDay(meeting.starts_at, now);
}

export function whenOf(meeting: Pick<Meeting, 'starts_at' | 'ends_at'>, now: number): PlanEntry['when'] {
  if (now >= meeting.ends_at) return 'past';
  return now >= meeting.starts_at - EARLY_MS ? 'now' : 'later';
}

function rank(meeting: Meeting): number {
  return ['lesson', 'consultation', 'conference'].indexOf(meeting.kind);
}

function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** Whole minutes left, at least 0. */
export function minutesLeft(until: number, now: number): number {
  return Math.max(0, Math.ceil((until - now) / 60_000));
}
