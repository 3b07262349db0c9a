/** What stands around the caret of a formula that is being typed: where a reference may go, which function is meant. Pure. */
import { FUNCTIONS, functionNamed, type FunctionEntry } from './list';
import { tokenize, type Token, type Writing } from './tokens';

const MOST = 8;

export interface Suggestion {
  /** What of the text the name replaces. */
  readonly start: number;
  readonly end: number;
  readonly options: readonly FunctionEntry[];
}

/** Tokens with places in the text with its "=". */
function tokensOf(text: string, writing: Writing): Token[] {
  return tokenize(text.slice(1), writing).map((token) => ({ ...token, start: token.start + 1, end: token.end + 1 }));
}

/** Functions whose name begins with what stands before the caret. */
export function suggestionAt(text: string, caret: number, writing: Writing): Suggestion | null {
  if (!text.startsWith('=')) return null;
  const tokens = tokensOf(text, writing);
  const at = tokens.findIndex(({ start, end }) => start < caret && caret <= end);
  const token = tokens[at];
  if (token?.kind !== 'name' || token.end !== caret || tokens[at + 1]?.kind === 'open') return null;
  const options = FUNCTIONS.filter((entry) => entry[writing.locale].startsWith(token.name))
    .sort((a, b) => a[writing.locale].length - b[writing.locale].length)
    .slice(0, MOST);
  return options.length === 0 ? null : { start: token.start, end: token.end, options };
}

/** The function in whose brackets the caret stands. */
export function functionAround(text: string, caret: number, writing: Writing): FunctionEntry | null {
  if (!text.startsWith('=')) return null;
  const open: (FunctionEntry | null)[] = [];
  let before: Token | undefined;
  for (const token of tokensOf(text, writing)) {
    if (token.end > caret) break;
    if (token.kind === 'open') open.push(before?.kind === 'name' ? (functionNamed(before.name) ?? null) : null);
    else if (token.kind === 'close') open.pop();
    if (token.kind !== 'space') before = token;
  }
  return open.at(-1) ?? null;
}

/** Whether a reference may be put in at the caret: behind a sign, a bracket or a separator, with nothing directly after it. */
export function takesReference(text: string, caret: number, writing: Writing): boolean {
  if (!text.startsWith('=') || caret < 1) return false;
  const tokens = tokensOf(text, writing);
  const before = tokens.filter(({ kind, end }) => kind !== 'space' && end <= caret).at(-1);
  const inside = tokens.some(({ kind, start, end }) => kind !== 'space' && start < caret && caret < end);
  const after = tokens.find(({ kind, start }) => kind !== 'space' && start >= caret);
  if (inside || after?.kind === 'number' || after?.kind === 'name' || after?.kind === 'ref' || after?.kind === 'text' || after?.kind === 'open') return false;
  if (before === undefined) return true;
  return before.kind === 'open' || before.kind === 'separator' || (before.kind === 'operator' && before.op !== '%');
}

/** Rectangles that a formula being typed refers to, by indexes; rows or columns of -1 are all there are. */
export interface Mentioned {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export function mentionedIn(text: string, writing: Writing): Mentioned[] {
  if (!text.startsWith('=')) return [];
  const tokens = tokensOf(text, writing);
  const found: Mentioned[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const [a, colon, b] = tokens.slice(index, index + 3);
    if (a?.kind !== 'ref') continue;
    const range = colon?.kind === 'operator' && colon.op === ':' && b?.kind === 'ref';
    const other = range && b.kind === 'ref' ? b.ref : a.ref;
    const [rowA, rowB, colA, colB] = [a.ref.row, other.row, a.ref.col, other.col].map((mark) => mark?.at);
    found.push({
      top: Math.min(rowA ?? 0, rowB ?? 0),
      bottom: rowA === undefined || rowB === undefined ? Infinity : Math.max(rowA, rowB),
      left: Math.min(colA ?? 0, colB ?? 0),
      right: colA === undefined || colB === undefined ? Infinity : Math.max(colA, colB),
    });
    if (range) index += 2;
  }
  return found;
}
