/**
 * A formula's tokens as a tree. Total and bounded: what is too long, too deep or not a formula gives a reason and the place
 * of it, never an exception. Precedence as in spreadsheets: a sign binds closer than a power, powers group from the left.
 */
import { functionNamed } from './list';
import { tokenize, type Operator, type Ref, type Token, type Writing } from './tokens';
import type { FaultCode } from './faults';
import { clamped } from './write';

export type Binary = Exclude<Operator, '%' | ':'>;

export type Node =
  | { readonly k: 'value'; readonly value: number | string | boolean }
  | { readonly k: 'fault'; readonly code: FaultCode }
  | { readonly k: 'empty' }
  | { readonly k: 'ref'; readonly ref: Ref }
  | { readonly k: 'range'; readonly from: Ref; readonly to: Ref }
  | { readonly k: 'call'; readonly name: string; readonly args: readonly Node[] }
  | { readonly k: 'unary'; readonly op: '-' | '+' | '%'; readonly of: Node }
  | { readonly k: 'binary'; readonly op: Binary; readonly left: Node; readonly right: Node };

/** Why a formula is none. */
export type Reason = 'empty' | 'long' | 'deep' | 'text' | 'sign' | 'end' | 'bracket' | 'outside' | 'line' | 'arguments';

export type Parsed = { readonly ok: true; readonly node: Node } | { readonly ok: false; readonly reason: Reason; readonly at: number; readonly end: number };

export const MAX_TYPED = 2_000;
/** Ids are longer than A1. */
export const MAX_STORED = 16_384;
const MAX_TOKENS = 1_000;
const MAX_DEPTH = 200;
const MAX_ARGUMENTS = 64;

const POWER: Readonly<Record<Binary, number>> = { '=': 1, '<>': 1, '<': 1, '>': 1, '<=': 1, '>=': 1, '&': 2, '+': 3, '-': 3, '*': 4, '/': 4, '^': 5 };

class Refusal extends Error {
  constructor(
    readonly reason: Reason,
    readonly token: Token | undefined,
  ) {
    super(reason);
  }
}

/** Read a formula with its "=". */
export function parse(formula: string, writing: Writing): Parsed {
  const text = formula.slice(1);
  const refuse = (reason: Reason, token?: Token): Parsed => ({ ok: false, reason, at: (token?.start ?? text.length) + 1, end: (token?.end ?? text.length) + 1 });
  if (formula.length > (writing.kind === 'stored' ? MAX_STORED : MAX_TYPED)) return refuse('long');
  const tokens = clamped(tokenize(text, writing), writing.places).filter(({ kind }) => kind !== 'space');
  if (tokens.length === 0) return refuse('empty');
  if (tokens.length > MAX_TOKENS) return refuse('long');
  try {
    return { ok: true, node: new Parser(tokens).whole() };
  } catch (error) {
    if (error instanceof Refusal) return refuse(error.reason, error.token);
    throw error;
  }
}

class Parser {
  #at = 0;
  #depth = 0;
  readonly #tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Node {
    const node = this.#expression(0);
    const rest = this.#peek();
    if (rest !== undefined) throw new Refusal(rest.kind === 'close' ? 'bracket' : this.#reasonOf(rest), rest);
    return node;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #reasonOf(token: Token | undefined): Reason {
    if (token === undefined) return 'end';
    return token.kind === 'bad' ? 'text' : 'sign';
  }

  #expression(above: number): Node {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new Refusal('deep', this.#peek());
    let left = this.#signed();
    for (;;) {
      const token = this.#peek();
      if (token?.kind !== 'operator' || token.op === ':' || token.op === '%') break;
      const power = POWER[token.op];
      if (power <= above) break;
      this.#at += 1;
      left = { k: 'binary', op: token.op, left, right: this.#expression(power) };
    }
    this.#depth -= 1;
    return left;
  }

  #signed(): Node {
    const signs: ('-' | '+')[] = [];
    for (let token = this.#peek(); token?.kind === 'operator' && (token.op === '-' || token.op === '+'); token = this.#peek()) {
      signs.push(token.op);
      this.#at += 1;
    }
    if (signs.length > MAX_DEPTH) throw new Refusal('deep', this.#peek());
    let node = this.#primary();
    for (let token = this.#peek(); token?.kind === 'operator' && token.op === '%'; token = this.#peek()) {
      node = { k: 'unary', op: '%', of: node };
      this.#at += 1;
    }
    return signs.reduceRight<Node>((of, op) => ({ k: 'unary', op, of }), node);
  }

  #primary(): Node {
    const token = this.#peek();
    this.#at += 1;
    switch (token?.kind) {
      case 'number':
      case 'text':
        if (typeof token.value === 'number' && !Number.isFinite(token.value)) throw new Refusal('text', token);
        return { k: 'value', value: token.value };
      case 'fault':
        return { k: 'fault', code: token.code };
      case 'ref':
        return this.#reference(token, token.ref);
      case 'name':
        return this.#named(token, token.name);
      case 'open': {
        const inside = this.#expression(0);
        this.#close(token);
        return inside;
      }
      default:
        throw new Refusal(token?.kind === 'close' ? 'end' : this.#reasonOf(token), token);
    }
  }

  #close(open: Token): void {
    const token = this.#peek();
    if (token === undefined) throw new Refusal('bracket', open);
    if (token.kind !== 'close') throw new Refusal(this.#reasonOf(token), token);
    this.#at += 1;
  }

  #reference(token: Token, from: Ref): Node {
    if (from.col?.id === '' || from.row?.id === '') throw new Refusal('outside', token);
    const colon = this.#peek();
    if (colon?.kind === 'operator' && colon.op === ':') {
      const end = this.#tokens[this.#at + 1];
      if (end?.kind !== 'ref') throw new Refusal(this.#reasonOf(end), end);
      if (end.ref.col?.id === '' || end.ref.row?.id === '') throw new Refusal('outside', end);
      if ((from.col === null) !== (end.ref.col === null) || (from.row === null) !== (end.ref.row === null)) throw new Refusal('line', end);
      this.#at += 2;
      return { k: 'range', from, to: end.ref };
    }
    if (from.col === null || from.row === null) throw new Refusal('line', token);
    return { k: 'ref', ref: from };
  }

  #named(token: Token, name: string): Node {
    const open = this.#peek();
    const known = functionNamed(name);
    if (open?.kind !== 'open') {
      if (known?.en === 'TRUE' || known?.en === 'FALSE') return { k: 'value', value: known.en === 'TRUE' };
      return { k: 'fault', code: 'name' };
    }
    this.#at += 1;
    const args = this.#arguments(open);
    if (known !== undefined && (args.length < known.least || args.length > known.most)) throw new Refusal('arguments', token);
    return { k: 'call', name: known?.en ?? name, args };
  }

  #arguments(open: Token): Node[] {
    const args: Node[] = [];
    if (this.#peek()?.kind === 'close') {
      this.#at += 1;
      return args;
    }
    for (;;) {
      const next = this.#peek();
      args.push(next?.kind === 'separator' || next?.kind === 'close' ? { k: 'empty' } : this.#expression(0));
      if (args.length > MAX_ARGUMENTS) throw new Refusal('arguments', next);
      if (this.#peek()?.kind !== 'separator') break;
      this.#at += 1;
    }
    this.#close(open);
    return args;
  }
}
