/** Texts: letters are counted as people see them written by one key, not as halves of pairs. Pure. */
import { Fault, FAULT } from '../faults';
import { likeness } from './compare';
import { calm, MAX_TEXT, numberOf, readNumber, scalar, textOf, truthOf, valuesOf, wholeOf, writtenValue, type Eager } from './operands';

function short(text: string): string {
  if (text.length > MAX_TEXT) throw FAULT.value;
  return text;
}

const letters = (text: string): string[] => [...text];

function amount(value: number): number {
  if (value < 0) throw FAULT.value;
  return value;
}

const joined: Eager = (args, env) => {
  let text = '';
  for (const value of valuesOf(args)) text = short(text + writtenValue(calm(value), env));
  return text;
};

const joinedBy: Eager = ([separator, skip, ...rest], env) => {
  const between = textOf(separator, env);
  const without = truthOf(skip);
  const parts: string[] = [];
  let length = 0;
  for (const value of valuesOf(rest)) {
    const part = writtenValue(calm(value), env);
    if (part === '' && without) continue;
    parts.push(part);
    length += part.length + between.length;
    if (length > MAX_TEXT + between.length) throw FAULT.value;
  }
  return short(parts.join(between));
};

/** What replaces the n-th, or every, occurrence. */
const substitute: Eager = ([text, old, fresh, which], env) => {
  const [whole, wanted, put] = [textOf(text, env), textOf(old, env), textOf(fresh, env)];
  if (wanted === '') return whole;
  const pieces = whole.split(wanted);
  if (which === undefined) {
    if (whole.length + (pieces.length - 1) * put.length > 2 * MAX_TEXT) throw FAULT.value;
    return short(pieces.join(put));
  }
  const number = wholeOf(which);
  if (number < 1) throw FAULT.value;
  if (number >= pieces.length) return whole;
  return short(pieces.slice(0, number).join(wanted) + put + pieces.slice(number).join(wanted));
};

const find: Eager = ([wanted, text, start], env) => {
  const from = wholeOf(start, 1);
  const found = letters(textOf(text, env));
  if (from < 1 || from > found.length + 1) throw FAULT.value;
  const at = found.slice(from - 1).join('').indexOf(textOf(wanted, env));
  if (at < 0) throw FAULT.value;
  return from + letters(found.slice(from - 1).join('').slice(0, at)).length;
};

/** As find, but a and A are the same, and * and ? stand for others. */
const search: Eager = ([wanted, text, start], env) => {
  const from = wholeOf(start, 1);
  const pattern = textOf(wanted, env);
  const found = letters(textOf(text, env));
  if (from < 1 || from > found.length + 1) throw FAULT.value;
  if (!/[*?~]/.test(pattern)) {
    const rest = found.slice(from - 1).join('').toLowerCase();
    const at = rest.indexOf(pattern.toLowerCase());
    if (at < 0) throw FAULT.value;
    return from + letters(rest.slice(0, at)).length;
  }
  if (found.length * pattern.length > 20_000) throw FAULT.value;
  const begins = likeness(`${pattern}*`);
  for (let at = from - 1; at <= found.length; at += 1) if (begins(found.slice(at).join(''))) return at + 1;
  throw FAULT.value;
};

const value: Eager = ([operand]) => {
  const given = calm(scalar(operand));
  if (typeof given !== 'string') return numberOf(given);
  const number = readNumber(given);
  if (number === null) throw FAULT.value;
  return number;
};

const character: Eager = ([operand]) => {
  const code = wholeOf(operand);
  if (code < 1 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) throw FAULT.value;
  return String.fromCodePoint(code);
};

const replace: Eager = ([text, start, count, fresh], env) => {
  const all = letters(textOf(text, env));
  const from = wholeOf(start);
  if (from < 1) throw FAULT.value;
  return short(all.slice(0, from - 1).join('') + textOf(fresh, env) + all.slice(from - 1 + amount(wholeOf(count))).join(''));
};

const middle: Eager = ([text, start, count], env) => {
  const from = wholeOf(start);
  if (from < 1) throw FAULT.value;
  return letters(textOf(text, env)).slice(from - 1, from - 1 + amount(wholeOf(count))).join('');
};

const right: Eager = ([text, count], env) => {
  const all = letters(textOf(text, env));
  return all.slice(Math.max(0, all.length - amount(wholeOf(count, 1)))).join('');
};

const repeated: Eager = ([text, times], env) => {
  const one = textOf(text, env);
  const count = amount(wholeOf(times));
  if (one.length * count > MAX_TEXT) throw FAULT.value;
  return one.repeat(count);
};

export const TEXTS: Readonly<Record<string, Eager>> = {
  CONCATENATE: joined,
  CONCAT: joined,
  TEXTJOIN: joinedBy,
  LEFT: ([text, count], env) => letters(textOf(text, env)).slice(0, amount(wholeOf(count, 1))).join(''),
  RIGHT: right,
  MID: middle,
  LEN: ([text], env) => letters(textOf(text, env)).length,
  UPPER: ([text], env) => short(textOf(text, env).toUpperCase()),
  LOWER: ([text], env) => short(textOf(text, env).toLowerCase()),
  PROPER: ([text], env) => short(textOf(text, env).toLowerCase().replace(/\p{L}+/gu, (word) => word.charAt(0).toUpperCase() + word.slice(1))),
  TRIM: ([text], env) => textOf(text, env).replace(/ +/g, ' ').replace(/^ | $/g, ''),
  SUBSTITUTE: substitute,
  REPLACE: replace,
  FIND: find,
  SEARCH: search,
  REPT: repeated,
  EXACT: ([one, other], env) => textOf(one, env) === textOf(other, env),
  VALUE: value,
  CHAR: character,
  CODE: ([text], env) => textOf(text, env).codePointAt(0) ?? raise(),
};

function raise(): never {
  const fault: Fault = FAULT.value;
  throw fault;
}
