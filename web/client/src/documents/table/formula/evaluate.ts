/**
 * The value of a formula. Pure: cells are asked for, nothing is kept.
 *
 * Laws: it always gives a value, an error too is one. IF and its like compute only the branch that counts, so that an error in
 * the other does not matter. A range has at most so many cells; a single cell of a range is its value, more are #VALUE!.
 */
import { Fault, FAULT, type Value } from './faults';
import { compare } from './functions/compare';
import { calm, finite, isArea, MAX_TEXT, numberOf, scalar, truthOf, writtenValue, type Operand, type Surroundings } from './functions/operands';
import type { Library } from './library';
import type { Binary, Node } from './parse';
import type { Ref } from './tokens';

/** Cells that one range may have. */
export const MAX_AREA = 200_000;

export interface Rect {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

export interface Cells extends Surroundings {
  readonly library: Library;
  /** Where the formula stands. */
  readonly here: { readonly row: number; readonly col: number };
  /** The rectangle of a reference or range; null: it is deleted. */
  place(from: Ref, to: Ref): Rect | null;
  /** The value of a cell by its place. */
  value(row: number, col: number): Value;
}

export function evaluate(node: Node, cells: Cells): Value {
  const value = quiet(() => {
    const result = scalar(operand(node, cells)) ?? 0; // what refers to an empty cell shows 0
    return typeof result === 'string' && result.length > MAX_TEXT ? FAULT.value : result;
  });
  return isArea(value) ? FAULT.value : value;
}

/** Run; what was thrown as an error of the cell becomes its value. */
function quiet(run: () => Operand): Operand {
  try {
    return run();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

function operand(node: Node, cells: Cells): Operand {
  switch (node.k) {
    case 'value':
      return node.value;
    case 'empty':
      return null;
    case 'fault':
      return FAULT[node.code];
    case 'ref':
      return area(node.ref, node.ref, cells);
    case 'range':
      return area(node.from, node.to, cells);
    case 'unary':
      return unary(node.op, numberOf(operand(node.of, cells)));
    case 'binary':
      return binary(node.op, calm(scalar(operand(node.left, cells))), calm(scalar(operand(node.right, cells))), cells);
    case 'call':
      return call(node.name, node.args, cells);
  }
}

function area(from: Ref, to: Ref, cells: Cells): Operand {
  const rect = cells.place(from, to);
  if (rect === null) return FAULT.ref;
  const { top, left } = rect;
  const rows = rect.bottom - top + 1;
  const cols = rect.right - left + 1;
  if (rows * cols > MAX_AREA) return FAULT.value;
  return { rows, cols, at: (row, col) => cells.value(top + row, left + col) };
}

function unary(op: '-' | '+' | '%', value: number): number {
  if (op === '%') return value / 100;
  return op === '-' ? -value : value;
}

type Plain = number | string | boolean | null;

function binary(op: Binary, left: Plain, right: Plain, cells: Cells): Value {
  switch (op) {
    case '&':
      return writtenValue(left, cells) + writtenValue(right, cells);
    case '=':
      return compare(left, right) === 0;
    case '<>':
      return compare(left, right) !== 0;
    case '<':
      return compare(left, right) < 0;
    case '>':
      return compare(left, right) > 0;
    case '<=':
      return compare(left, right) <= 0;
    case '>=':
      return compare(left, right) >= 0;
    default:
      return arithmetic(op, numberOf(left), numberOf(right));
  }
}

function arithmetic(op: '+' | '-' | '*' | '/' | '^', a: number, b: number): number {
  switch (op) {
    case '+':
      return sum(a, b);
    case '-':
      return sum(a, -b);
    case '*':
      return finite(a * b);
    case '/':
      if (b === 0) throw FAULT.div0;
      return finite(a / b);
    case '^':
      if (a === 0 && b < 0) throw FAULT.div0;
      if (a === 0 && b === 0) throw FAULT.num;
      return finite(a ** b);
  }
}

/** What is left of two numbers that cancel out but for the last bits is nothing: 1.1 - 1 - 0.1 is 0. */
function sum(a: number, b: number): number {
  const made = a + b;
  return made !== 0 && Math.abs(made) < Math.abs(a) * 2 ** -48 ? 0 : finite(made);
}

/** Functions that an error is a fine argument for. */
const TAKE_FAULTS: ReadonlySet<string> = new Set(['ISERROR', 'ISNA', 'ISBLANK', 'ISNUMBER', 'ISTEXT', 'ISLOGICAL', 'COUNT', 'COUNTA', 'COUNTBLANK', 'ROWS', 'COLUMNS']);

function call(name: string, args: readonly Node[], cells: Cells): Operand {
  const branch = BRANCHES.get(name);
  if (branch !== undefined) return branch(args, cells);
  if (name === 'ROW' || name === 'COLUMN') return lineOf(name, args[0], cells);
  const run = cells.library.get(name);
  if (run === undefined) return FAULT.name;
  const takes = TAKE_FAULTS.has(name);
  const given = args.map((arg) => {
    const one = takes ? quiet(() => operand(arg, cells)) : operand(arg, cells);
    if (!takes && one instanceof Fault) throw one;
    return one;
  });
  return run(given, cells);
}

function lineOf(name: string, arg: Node | undefined, cells: Cells): Operand {
  if (arg === undefined) return (name === 'ROW' ? cells.here.row : cells.here.col) + 1;
  if (arg.k !== 'ref' && arg.k !== 'range') return FAULT.value;
  const rect = arg.k === 'ref' ? cells.place(arg.ref, arg.ref) : cells.place(arg.from, arg.to);
  if (rect === null) return FAULT.ref;
  return (name === 'ROW' ? rect.top : rect.left) + 1;
}

type Branch = (args: readonly Node[], cells: Cells) => Operand;

const choose: Branch = ([which, ...values], cells) => {
  const number = which === undefined ? 0 : Math.trunc(numberOf(operand(which, cells)));
  const node = values[number - 1];
  return node === undefined ? FAULT.value : operand(node, cells);
};

const cases: Branch = (args, cells) => {
  for (let index = 0; index + 1 < args.length; index += 2) {
    const [condition, value] = [args[index], args[index + 1]];
    if (condition !== undefined && value !== undefined && truthOf(operand(condition, cells))) return operand(value, cells);
  }
  return FAULT.na;
};

const switched: Branch = ([first, ...rest], cells) => {
  const wanted = first === undefined ? null : calm(scalar(operand(first, cells)));
  for (let index = 0; index + 1 < rest.length; index += 2) {
    const [test, value] = [rest[index], rest[index + 1]];
    if (test === undefined || value === undefined) break;
    const here = calm(scalar(operand(test, cells)));
    if (typeof here === typeof wanted && compare(here, wanted) === 0) return operand(value, cells);
  }
  const otherwise = rest.length % 2 === 1 ? rest.at(-1) : undefined;
  return otherwise === undefined ? FAULT.na : operand(otherwise, cells);
};

/** The first, unless it is an error that is meant. */
const unless =
  (meant: (fault: Fault) => boolean): Branch =>
  ([first, other], cells) => {
    const value = quiet(() => scalar(first === undefined ? null : operand(first, cells)));
    return value instanceof Fault && meant(value) ? (other === undefined ? null : operand(other, cells)) : value;
  };

const BRANCHES: ReadonlyMap<string, Branch> = new Map<string, Branch>([
  ['IF', ([condition, then, otherwise], cells) => {
    const holds = condition !== undefined && truthOf(operand(condition, cells));
    const node = holds ? then : otherwise;
    if (node !== undefined) return operand(node, cells);
    return holds;
  }],
  ['IFS', cases],
  ['SWITCH', switched],
  ['CHOOSE', choose],
  ['IFERROR', unless(() => true)],
  ['IFNA', unless((fault) => fault === FAULT.na)],
]);
