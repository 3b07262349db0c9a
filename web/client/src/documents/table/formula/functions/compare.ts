/** How values are told apart and put in order, and the conditions of COUNTIF and its like. Pure; equal for every reader. */
import { Fault, type Value } from '../faults';
import { readNumber, scalar, calm, type Operand } from './operands';

/** One order for everybody, whatever language they read. */
const ORDER = new Intl.Collator('de', { sensitivity: 'accent' });

type Plain = number | string | boolean | null;

/** Numbers before texts before truths, as spreadsheets have it; an empty cell is 0, "" or FALSE. */
export function compare(a: Plain, b: Plain): number {
  const left = a ?? emptyLike(b);
  const right = b ?? emptyLike(a);
  if (typeof left === 'number' && typeof right === 'number') return equalNumbers(left, right) ? 0 : left - right;
  if (typeof left === 'string' && typeof right === 'string') return left === right ? 0 : ORDER.compare(left, right);
  return rank(left) - rank(right) || Number(left) - Number(right) || 0;
}

function emptyLike(other: Plain): number | string | boolean {
  if (typeof other === 'string') return '';
  return typeof other === 'boolean' ? false : 0;
}

function rank(value: number | string | boolean): number {
  return typeof value === 'number' ? 0 : typeof value === 'string' ? 1 : 2;
}

/** 0.1 + 0.2 is 0.3: what differs in the last bits only is the same number. */
function equalNumbers(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) < Math.abs(a) * 2 ** -48;
}

export type Condition = (value: Value) => boolean;

/** ">5", "<>x", "a*", 5: what a condition means. */
export function conditionOf(operand: Operand | undefined): Condition {
  const wanted = calm(scalar(operand));
  if (typeof wanted !== 'string') return (value) => !(value instanceof Fault) && value !== null && typeof value === typeof (wanted ?? 0) && compare(value, wanted ?? 0) === 0;
  const [, sign = '', rest = ''] = /^(<=|>=|<>|=|<|>)?(.*)$/s.exec(wanted) ?? [];
  const number = readNumber(rest);
  if (number !== null) return ordered(sign, (value) => (typeof value === 'number' ? compare(value, number) : null));
  if (rest === '') return emptiness(sign);
  if (sign === '' || sign === '=' || sign === '<>') {
    const matches = likeness(rest);
    const equal: Condition = (value) => matches(typeof value === 'boolean' ? (value ? 'true' : 'false') : value);
    return sign === '<>' ? (value) => !(value instanceof Fault) && !equal(value) : equal;
  }
  return ordered(sign, (value) => (typeof value === 'string' ? compare(value, rest) : null));
}

function emptiness(sign: string): Condition {
  if (sign === '<>') return (value) => value !== null;
  return (value) => value === null || (sign === '' && value === '');
}

function ordered(sign: string, difference: (value: Value) => number | null): Condition {
  return (value) => {
    const by = difference(value);
    if (by === null) return sign === '<>' && !(value instanceof Fault);
    switch (sign) {
      case '<':
        return by < 0;
      case '>':
        return by > 0;
      case '<=':
        return by <= 0;
      case '>=':
        return by >= 0;
      default:
        return (by === 0) !== (sign === '<>');
    }
  };
}

/** A text with * and ?, as a test; ~ before one of them means the sign itself. */
export function likeness(pattern: string): (value: Value) => boolean {
  const lower = pattern.toLowerCase().replace(/^(wahr|falsch)$/, (word) => (word === 'wahr' ? 'true' : 'false'));
  const parts = [...lower.matchAll(/~[*?~]|[\s\S]/gu)].map(([sign]) => (sign.length > 1 && sign.startsWith('~') ? sign.slice(1) : sign === '*' ? ANY : sign === '?' ? ONE : sign));
  return (value) => typeof value === 'string' && matches([...value.toLowerCase()], parts);
}

const ANY = Symbol('any');
const ONE = Symbol('one');

/** In linear time for one star, and never worse than the product of both lengths. */
function matches(letters: readonly string[], parts: readonly (string | symbol)[]): boolean {
  let letter = 0;
  let part = 0;
  let star = -1;
  let resume = 0;
  while (letter < letters.length) {
    if (parts[part] === ANY) {
      star = part;
      resume = letter;
      part += 1;
    } else if (part < parts.length && (parts[part] === ONE || parts[part] === letters[letter])) {
      letter += 1;
      part += 1;
    } else if (star >= 0) {
      part = star + 1;
      resume += 1;
      letter = resume;
    } else return false;
  }
  while (parts[part] === ANY) part += 1;
  return part === parts.length;
}
