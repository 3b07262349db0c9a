/** Class lists as people have them: lines with tabs, semicolons or commas, with a head line or without. Pure. */
import type { AccountRole, RosterRow } from '../protocol/school';

type Field = 'name' | 'first' | 'last' | 'role' | 'groups' | 'login' | 'children';

/** Without a head line these are the columns. */
const USUAL: readonly Field[] = ['name', 'groups', 'role', 'login', 'children'];
const HEADS: Record<Field, RegExp> = {
  first: /^(vorname|rufname|first ?name|given ?name)$/,
  last: /^(nachname|familienname|last ?name|surname|family ?name)$/,
  name: /^(name|voller name|full ?name)$/,
  role: /^(rolle|role)$/,
  groups: /^(klassen?|lerngruppe|class(es)?)$/,
  login: /^(benutzername|login|konto|user ?name|account)$/,
  children: /^(kind(er)?|child(ren)?)$/,
};
const ROLES: readonly [RegExp, AccountRole][] = [
  [/^(sch(ü|ue)ler|pupil|student)/, 'pupil'],
  [/^(lehr|teacher)/, 'teacher'],
  [/^(eltern|erziehungs|guardian|parent)/, 'guardian'],
  [/^(schulleitung|head)/, 'head'],
  [/^(admin|school_admin)/, 'school_admin'],
];
const LONGEST = { name: 100, login: 128, group: 200 };

export interface ReadRoster {
  rows: RosterRow[];
  /** Numbers of the lines that could not be read, from 1. */
  bad: number[];
}

export function readRoster(text: string): ReadRoster {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  const separator = separatorOf(lines);
  const rows: RosterRow[] = [];
  const bad: number[] = [];
  let columns: readonly (Field | null)[] | null = null;
  lines.forEach((line, at) => {
    if (line.trim() === '') return;
    const cells = cellsOf(line, separator);
    if (columns === null) {
      const heads = cells.map(headOf);
      columns = heads.some((head) => head === 'name' || head === 'last') ? heads : USUAL;
      if (columns === heads) return;
    }
    const row = rowOf(cells, columns);
    if (row === null) bad.push(at + 1);
    else rows.push(row);
  });
  return { rows, bad };
}

/** UTF-8, or what spreadsheets on Windows write. */
export function decodeList(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

function separatorOf(lines: readonly string[]): string {
  const first = lines.find((line) => line.trim() !== '') ?? '';
  return ['\t', ';', ','].find((one) => first.includes(one)) ?? ';';
}

/** One line; a quoted cell may hold the separator, and a doubled quote is one. */
function cellsOf(line: string, separator: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const sign = line[at] as string;
    if (sign === '"' && quoted && line[at + 1] === '"') (cell += '"'), (at += 1);
    else if (sign === '"' && (quoted || cell.trim() === '')) quoted = !quoted;
    else if (sign === separator && !quoted) cells.push(cell.trim()), (cell = '');
    else cell += sign;
  }
  return [...cells, cell.trim()];
}

function headOf(cell: string): Field | null {
  const word = cell.toLowerCase();
  return (Object.keys(HEADS) as Field[]).find((field) => HEADS[field].test(word)) ?? null;
}

function rowOf(cells: readonly string[], columns: readonly (Field | null)[]): RosterRow | null {
  const of = (field: Field): string => cells[columns.indexOf(field)] ?? '';
  const full_name = (columns.includes('last') ? `${of('first')} ${of('last')}` : turned(of('name'))).replace(/\s+/g, ' ').trim();
  const role = roleOf(of('role'));
  const groups = many(of('groups'));
  const children = many(of('children'));
  const login = of('login');
  const fits = full_name !== '' && full_name.length <= LONGEST.name && login.length <= LONGEST.login && groups.length <= 20 && children.length <= 20;
  if (!fits || role === null || groups.some((group) => group.length > LONGEST.group) || children.some((child) => child.length > LONGEST.login)) return null;
  return { full_name, role, groups, children, ...(login === '' ? {} : { login }) };
}

/** "Haddad, Amira" is Amira Haddad. */
function turned(name: string): string {
  const [last, first, ...rest] = name.split(',');
  return first === undefined || rest.length > 0 ? name : `${first.trim()} ${(last ?? '').trim()}`;
}

function roleOf(word: string): AccountRole | null {
  if (word === '') return 'pupil';
  return ROLES.find(([pattern]) => pattern.test(word.toLowerCase()))?.[1] ?? null;
}

function many(cell: string): string[] {
  return cell.split(/[,/|]/).map((one) => one.trim()).filter((one) => one !== '');
}
