/** User names with first passwords, as they are handed out: shown once, printed or saved. */
import type { RosterOutcome, RosterRow } from '../../protocol/school';

export interface Slip {
  name: string;
  groups: string;
  login: string;
  password: string | null;
  problem: string | null;
}

export function slipsOf(rows: readonly RosterRow[], outcomes: readonly RosterOutcome[]): Slip[] {
  return outcomes.map((outcome, at) => ({ name: rows[at]?.full_name ?? '', groups: rows[at]?.groups.join(', ') ?? '', ...outcome }));
}

/** A cell that begins like a formula would be one in a spreadsheet. */
function cell(text: string): string {
  const safe = /^[=+\-@\t]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

export function csvOf(slips: readonly Slip[], heads: readonly string[]): string {
  const rows = slips.filter((slip) => slip.password !== null).map((slip) => [slip.name, slip.groups, slip.login, slip.password ?? '']);
  return `\uFEFF${[heads, ...rows].map((row) => row.map(cell).join(';')).join('\r\n')}\r\n`;
}
