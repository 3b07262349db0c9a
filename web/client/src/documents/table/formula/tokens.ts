/**
 * The pieces of a formula. Reading is total: whatever is written becomes tokens that, put together, are the text again.
 *
 * Two ways of writing are known: the stored one, with ids and English names, `=SUM({c1.r1}:{c1.r5})`, and the one shown,
 * with A1 and the names and signs of the reader's language. `$` stands before what a copy keeps.
 */
import { faultNamed, type FaultCode } from './faults';
import { columnIndex, type Places } from './places';

export interface Mark {
  /** Empty: no such row or column. */
  readonly id: string;
  readonly fixed: boolean;
  /** Where it was written to be; -1 where ids were written. */
  readonly at: number;
}

/** Without a row the whole column is meant, without a column the whole row; only as ends of a range. */
export interface Ref {
  readonly col: Mark | null;
  readonly row: Mark | null;
}

export type Operator = '+' | '-' | '*' | '/' | '^' | '&' | '=' | '<>' | '<' | '>' | '<=' | '>=' | '%' | ':';

export type Piece =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'ref'; readonly ref: Ref }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'fault'; readonly code: FaultCode }
  | { readonly kind: 'operator'; readonly op: Operator }
  | { readonly kind: 'open' | 'close' | 'separator' | 'space' }
  | { readonly kind: 'bad' };

export type Token = Piece & { readonly start: number; readonly end: number };

/** How a formula is written: stored, or in the language of a reader. */
export interface Writing {
  readonly kind: 'stored' | 'shown';
  readonly locale: 'de' | 'en';
  readonly places: Places | null;
}

export const STORED: Writing = { kind: 'stored', locale: 'en', places: null };

export function shownIn(locale: 'de' | 'en', places: Places): Writing {
  return { kind: 'shown', locale, places };
}

const SPACE = /[ \t\n\r\u00a0]+/y;
const TEXT = /"(?:[^"]|"")*"/y;
const POINT = /(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?/y;
const COMMA = /(?:\d+,?\d*|,\d+)(?:[eE][-+]?\d{1,3})?/y;
const FAULT = /#[A-ZÄÖÜ]+(?:\/[0A])?[!?]?/iy;
const IDS = /\{(\$?)([A-Za-z0-9]{0,24})\.(\$?)([A-Za-z0-9]{0,24})\}/y;
const CELL = /(\$?)([A-Za-z]{1,3})(\$?)([1-9]\d{0,6})(?![\p{L}\d_.(])/uy;
const COLUMNS = /(\$?)([A-Za-z]{1,3})(?=:\$?[A-Za-z]{1,3}(?![\p{L}\d_.(]))/uy;
const ROWS = /(\$?)([1-9]\d{0,6})(?=:\$?[1-9]\d{0,6}(?![\p{L}\d_.,]))/uy;
const LAST_COLUMN = /(\$?)([A-Za-z]{1,3})(?![\p{L}\d_.(])/uy;
const LAST_ROW = /(\$?)([1-9]\d{0,6})(?![\p{L}\d_.(])/uy;
const NAME = /[\p{L}_][\p{L}\d_.]*/uy;
const OPERATOR = /<=|>=|<>|[-+*/^&=<>%:]|−|×|·|÷/y;
const OPERATORS: Readonly<Record<string, Operator>> = { '−': '-', '×': '*', '·': '*', '÷': '/' };

/** The tokens of what stands behind the "=". */
export function tokenize(text: string, writing: Writing): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const [piece, length] = pieceAt(text, at, writing, tokens);
    tokens.push({ ...piece, start: at, end: at + length });
    at += length;
  }
  return tokens;
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function pieceAt(text: string, at: number, writing: Writing, before: readonly Token[]): [Piece, number] {
  const space = match(SPACE, text, at);
  if (space !== null) return [{ kind: 'space' }, space[0].length];
  const quoted = match(TEXT, text, at);
  if (quoted !== null) return [{ kind: 'text', value: quoted[0].slice(1, -1).replaceAll('""', '"') }, quoted[0].length];
  const ref = writing.kind === 'stored' ? idsAt(text, at) : shownAt(text, at, writing.places, before);
  if (ref !== null) return ref;
  const number = match(writing.kind === 'shown' && writing.locale === 'de' ? COMMA : POINT, text, at);
  if (number !== null) return [{ kind: 'number', value: Number(number[0].replace(',', '.')) }, number[0].length];
  const fault = match(FAULT, text, at);
  const code = fault === null ? undefined : faultNamed(fault[0].toUpperCase());
  if (fault !== null && code !== undefined) return [{ kind: 'fault', code }, fault[0].length];
  const name = match(NAME, text, at);
  if (name !== null) return [{ kind: 'name', name: name[0].toUpperCase() }, name[0].length];
  const operator = match(OPERATOR, text, at)?.[0];
  if (operator !== undefined) return [{ kind: 'operator', op: OPERATORS[operator] ?? (operator as Operator) }, operator.length];
  return [signAt(text.charAt(at), writing), 1];
}

function signAt(sign: string, writing: Writing): Piece {
  if (sign === '(') return { kind: 'open' };
  if (sign === ')') return { kind: 'close' };
  const separates = writing.kind === 'stored' ? sign === ',' : sign === ';' || (sign === ',' && writing.locale === 'en');
  return { kind: separates ? 'separator' : 'bad' };
}

function idsAt(text: string, at: number): [Piece, number] | null {
  const found = match(IDS, text, at);
  if (found === null) return null;
  const [whole, fixedCol, col, fixedRow, row] = found;
  const mark = (fixed: string | undefined, id: string | undefined): Mark | null => (id === undefined || id === '' ? null : { id, fixed: fixed === '$', at: -1 });
  const ref = { col: mark(fixedCol, col), row: mark(fixedRow, row) };
  return ref.col === null && ref.row === null ? null : [{ kind: 'ref', ref }, whole.length];
}

function shownAt(text: string, at: number, places: Places | null, before: readonly Token[]): [Piece, number] | null {
  if (places === null) return null;
  const col = (fixed: string | undefined, letters = ''): Mark => {
    const index = columnIndex(letters);
    return { id: places.cols.idAt(index) ?? '', fixed: fixed === '$', at: index };
  };
  const row = (fixed: string | undefined, digits = ''): Mark => {
    const index = Number(digits) - 1;
    return { id: places.rows.idAt(index) ?? '', fixed: fixed === '$', at: index };
  };
  const cell = match(CELL, text, at);
  if (cell !== null) return [{ kind: 'ref', ref: { col: col(cell[1], cell[2]), row: row(cell[3], cell[4]) } }, cell[0].length];
  const open = lineBefore(before);
  const column = match(open === 'col' ? LAST_COLUMN : COLUMNS, text, at);
  if (column !== null && open !== 'row') return [{ kind: 'ref', ref: { col: col(column[1], column[2]), row: null } }, column[0].length];
  const line = match(open === 'row' ? LAST_ROW : ROWS, text, at);
  if (line !== null && open !== 'col') return [{ kind: 'ref', ref: { col: null, row: row(line[1], line[2]) } }, line[0].length];
  return null;
}

/** Whether a range of whole lines has begun and waits for its other end. */
function lineBefore(before: readonly Token[]): 'col' | 'row' | null {
  const [first, colon] = before.slice(-2);
  if (first?.kind !== 'ref' || colon?.kind !== 'operator' || colon.op !== ':') return null;
  if (first.ref.row === null) return 'col';
  return first.ref.col === null ? 'row' : null;
}
