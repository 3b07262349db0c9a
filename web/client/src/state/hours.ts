/** Minutes of a day as a clock shows them, and back. Pure. */
export function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

/** Null for what is no time of a day. */
export function minutes(text: string): number | null {
  const found = /^(\d\d):(\d\d)(?::\d\d)?$/.exec(text);
  if (found === null) return null;
  const minute = Number(found[1]) * 60 + Number(found[2]);
  return minute < 24 * 60 && Number(found[2]) < 60 ? minute : null;
}
