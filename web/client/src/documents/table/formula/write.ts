/**
 * Formulas from one way of writing into the other, and references moved along by a copy. Token by token, so that spaces and
 * half-typed formulas stay what they are. Pure.
 */
import { columnLetters } from '../model';
import { faultName } from './faults';
import { functionNamed, nameIn } from './list';
import type { Places, Span } from './places';
import { STORED, tokenize, type Mark, type Piece, type Ref, type Token, type Writing } from './tokens';

/** Put tokens down in a way of writing; `text` is where they came from, for what nobody understands. */
export function write(tokens: readonly Token[], text: string, writing: Writing): string {
  const parts: string[] = [];
  const whole = writing.kind === 'shown' && writing.places !== null ? clipped(tokens, writing.places) : tokens;
  for (const [index, token] of whole.entries()) parts.push(written(token, text, writing, isCall(whole, index)));
  return parts.join('');
}

function isCall(tokens: readonly Token[], index: number): boolean {
  const next = tokens.slice(index + 1).find(({ kind }) => kind !== 'space');
  return next?.kind === 'open';
}

function written(token: Token, text: string, writing: Writing, call: boolean): string {
  const german = writing.kind === 'shown' && writing.locale === 'de';
  switch (token.kind) {
    case 'number':
      return german ? String(token.value).replace('.', ',') : String(token.value);
    case 'text':
      return `"${token.value.replaceAll('"', '""')}"`;
    case 'fault':
      return faultName(token.code, writing.locale);
    case 'name':
      return nameOf(token.name, writing, call);
    case 'separator':
      return german ? ';' : ',';
    case 'operator':
      return token.op;
    case 'ref':
      return refOf(token.ref, writing);
    default:
      return text.slice(token.start, token.end);
  }
}

function nameOf(name: string, writing: Writing, call: boolean): string {
  const known = functionNamed(name);
  if (known === undefined || (!call && known.en !== 'TRUE' && known.en !== 'FALSE')) return name;
  return writing.kind === 'stored' ? known.en : nameIn(known.en, writing.locale);
}

function refOf({ col, row }: Ref, { kind, locale, places }: Writing): string {
  const dollar = (mark: Mark | null) => (mark?.fixed === true ? '$' : '');
  if (kind === 'stored') {
    if (col?.id === '' || row?.id === '') return faultName('ref', 'en');
    return `{${dollar(col)}${col?.id ?? ''}.${dollar(row)}${row?.id ?? ''}}`;
  }
  const c = col === null ? -1 : (places?.cols.index.get(col.id) ?? null);
  const r = row === null ? -1 : (places?.rows.index.get(row.id) ?? null);
  if (c === null || r === null) return faultName('ref', locale);
  return `${c < 0 ? '' : dollar(col) + columnLetters(c)}${r < 0 ? '' : `${dollar(row)}${r + 1}`}`;
}

/** Ranges whose ends are deleted are shown as what is left of them. */
function clipped(tokens: readonly Token[], places: Places): readonly Token[] {
  const found = [...tokens];
  for (let index = 0; index + 2 < found.length; index += 1) {
    const [a, colon, b] = found.slice(index, index + 3);
    if (a?.kind !== 'ref' || b?.kind !== 'ref' || colon?.kind !== 'operator' || colon.op !== ':') continue;
    const cols = spanOf(a.ref.col, b.ref.col, places.cols);
    const rows = spanOf(a.ref.row, b.ref.row, places.rows);
    if (cols === null || rows === null) {
      // One error for both ends, as spreadsheets write it.
      found.splice(index, 3, { kind: 'fault', code: 'ref', start: a.start, end: b.end });
      continue;
    }
    const [fromCol, toCol] = settled(a.ref.col, b.ref.col, cols, places.cols);
    const [fromRow, toRow] = settled(a.ref.row, b.ref.row, rows, places.rows);
    found[index] = { ...a, ref: { col: fromCol, row: fromRow } };
    found[index + 2] = { ...b, ref: { col: toCol, row: toRow } };
  }
  return found;
}

/** Of no line at all: everything. */
const ALL: Span = { from: 0, to: Number.MAX_SAFE_INTEGER };

function spanOf(a: Mark | null, b: Mark | null, lines: Places['rows']): Span | null {
  return a === null || b === null ? ALL : lines.span(a.id, b.id);
}

function settled(a: Mark | null, b: Mark | null, span: Span, lines: Places['rows']): [Mark | null, Mark | null] {
  if (a === null || b === null || (lines.index.has(a.id) && lines.index.has(b.id))) return [a, b];
  return [{ ...a, id: lines.idAt(span.from) ?? '' }, { ...b, id: lines.idAt(span.to) ?? '' }];
}

/** The text a person reads or edits. */
export function shown(stored: string, writing: Writing): string {
  return `=${write(tokenize(stored.slice(1), STORED), stored.slice(1), writing)}`;
}

/** What is kept of what a person typed, and null with an end of a range beyond the table taken as its edge. */
export function stored(typed: string, writing: Writing): string {
  const text = typed.slice(1);
  return `=${write(clamped(tokenize(text, writing), writing.places), text, STORED)}`;
}

/** The far end of a range may lie beyond the table: its edge is meant. */
export function clamped(tokens: readonly Token[], places: Places | null): Token[] {
  const edge = (mark: Mark | null, lines: Places['rows']): Mark | null => (mark?.id === '' && mark.at >= lines.count ? { ...mark, id: lines.idAt(lines.count - 1) ?? '' } : mark);
  return tokens.map((token, index) => {
    const colon = tokens[index - 1];
    const far = colon?.kind === 'operator' && colon.op === ':' && tokens[index - 2]?.kind === 'ref';
    if (!far || token.kind !== 'ref' || places === null) return token;
    return { ...token, ref: { col: edge(token.ref.col, places.cols), row: edge(token.ref.row, places.rows) } };
  });
}

/** A formula that was being typed while lines came or went: it means the same cells as before. */
export function rebased(typed: string, before: Writing, after: Writing): string {
  const text = typed.slice(1);
  return tokenize(text, before)
    .reduceRight<string>((made, token) => (token.kind === 'ref' && !isOutside(token) ? made.slice(0, token.start) + refOf(token.ref, after) + made.slice(token.end) : made), text)
    .replace(/^/, '=');
}

function isOutside(token: Piece): boolean {
  return token.kind === 'ref' && (token.ref.col?.id === '' || token.ref.row?.id === '');
}

export interface Shift {
  readonly rows: number;
  readonly cols: number;
}

/** A stored formula as a copy some rows and columns further has it. */
export function shifted(formula: string, by: Shift, places: Places): string {
  const text = formula.slice(1);
  const along = (mark: Mark | null, step: number, lines: Places['rows']): Mark | null => {
    if (mark === null || mark.fixed || step === 0) return mark;
    const at = lines.index.get(mark.id);
    return { ...mark, id: at === undefined ? '' : (lines.idAt(at + step) ?? '') };
  };
  const tokens = tokenize(text, STORED).map((token) =>
    token.kind === 'ref' ? { ...token, ref: { col: along(token.ref.col, by.cols, places.cols), row: along(token.ref.row, by.rows, places.rows) } } : token,
  );
  return `=${write(tokens, text, STORED)}`;
}
