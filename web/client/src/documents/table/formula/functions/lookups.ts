/** Truths, questions about cells, and looking up in ranges. Pure. */
import { Fault, FAULT, type Value } from '../faults';
import { compare, likeness } from './compare';
import { areaOf, calm, isArea, numberOf, scalar, truthOf, valuesOf, wholeOf, type Area, type Eager, type Operand } from './operands';

/** All truths and numbers among the arguments; texts and empty cells in ranges do not count. */
function truths(args: readonly Operand[]): boolean[] {
  const found: boolean[] = [];
  for (const operand of args) {
    for (const value of valuesOf([operand])) {
      if (value instanceof Fault) throw value;
      if (typeof value === 'string' && !isArea(operand)) throw FAULT.value;
      if (typeof value === 'boolean' || typeof value === 'number') found.push(Boolean(value));
    }
  }
  if (found.length === 0) throw FAULT.value;
  return found;
}

/** Where a value stands in a line of cells; `how`: 0 the same, 1 the last that is not more, -1 the last that is not less. */
function position(wanted: Value, count: number, at: (index: number) => Value, how: number): number {
  const value = calm(wanted);
  if (how === 0) {
    const like = typeof value === 'string' && /[*?~]/.test(value) ? likeness(value) : null;
    for (let index = 0; index < count; index += 1) {
      const here = at(index);
      if (here instanceof Fault || here === null) continue;
      if (like !== null ? like(here) : typeof here === typeof (value ?? 0) && compare(here, value) === 0) return index;
    }
    throw FAULT.na;
  }
  return lastNotBeyond(value, count, at, how);
}

/** By halves, as in a list that is sorted: what stands behind a larger value is not looked at. */
function lastNotBeyond(value: number | string | boolean | null, count: number, at: (index: number) => Value, how: number): number {
  const sign = Math.sign(how);
  const same: number[] = [];
  for (let index = 0; index < count; index += 1) if (typeof at(index) === typeof (value ?? 0)) same.push(index);
  let low = 0;
  let high = same.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const here = at(same[middle] ?? 0);
    if (!(here instanceof Fault) && compare(here, value) * sign <= 0) low = middle + 1;
    else high = middle;
  }
  const found = same[low - 1];
  if (found === undefined) throw FAULT.na;
  return found;
}

const lookup =
  (upright: boolean): Eager =>
  ([wanted, range, which, approximate]) => {
    const area = areaOf(range);
    const number = wholeOf(which);
    if (number < 1) throw FAULT.value;
    if (number > (upright ? area.cols : area.rows)) throw FAULT.ref;
    const at = (index: number) => (upright ? area.at(index, 0) : area.at(0, index));
    const found = position(scalar(wanted), upright ? area.rows : area.cols, at, truthOf(approximate, true) ? 1 : 0);
    return (upright ? area.at(found, number - 1) : area.at(number - 1, found)) ?? 0;
  };

const match: Eager = ([wanted, range, how]) => {
  const area = areaOf(range);
  if (area.rows > 1 && area.cols > 1) throw FAULT.na;
  const at = (index: number) => (area.cols > 1 ? area.at(0, index) : area.at(index, 0));
  return position(scalar(wanted), Math.max(area.rows, area.cols), at, Math.sign(numberOf(how, 1))) + 1;
};

function part(area: Area, top: number, left: number, rows: number, cols: number): Area {
  return { rows, cols, at: (row, col) => area.at(top + row, left + col) };
}

/** A cell of a range, or with 0 a whole row or column of it. */
const index: Eager = ([range, row, column]) => {
  const area = areaOf(range);
  const line = column === undefined && area.rows === 1;
  const r = line ? 1 : wholeOf(row);
  const c = line ? wholeOf(row) : wholeOf(column, area.cols === 1 ? 1 : 0);
  if (r < 0 || c < 0) throw FAULT.value;
  if (r > area.rows || c > area.cols) throw FAULT.ref;
  return part(area, Math.max(0, r - 1), Math.max(0, c - 1), r === 0 ? area.rows : 1, c === 0 ? area.cols : 1);
};

const asks =
  (question: (value: Value) => boolean): Eager =>
  ([operand]) =>
    question(scalar(operand));

export const LOOKUPS: Readonly<Record<string, Eager>> = {
  AND: (args) => truths(args).every(Boolean),
  OR: (args) => truths(args).some(Boolean),
  XOR: (args) => truths(args).filter(Boolean).length % 2 === 1,
  NOT: ([condition]) => !truthOf(condition),
  TRUE: () => true,
  FALSE: () => false,
  NA: () => FAULT.na,
  ISBLANK: asks((value) => value === null),
  ISNUMBER: asks((value) => typeof value === 'number'),
  ISTEXT: asks((value) => typeof value === 'string'),
  ISLOGICAL: asks((value) => typeof value === 'boolean'),
  ISERROR: asks((value) => value instanceof Fault),
  ISNA: asks((value) => value === FAULT.na),
  VLOOKUP: lookup(true),
  HLOOKUP: lookup(false),
  MATCH: match,
  INDEX: index,
  ROWS: ([range]) => areaOf(range).rows,
  COLUMNS: ([range]) => areaOf(range).cols,
};
