/** Adding up, counting, and both under conditions. Pure. */
import { Fault, FAULT } from '../faults';
import { conditionOf, type Condition } from './compare';
import { areaOf, finite, isArea, numbersOf, scalar, valuesOf, type Area, type Eager, type Operand } from './operands';

const total = (numbers: readonly number[]): number => {
  // Kahan's sum: ten times 0.1 is 1.
  let sum = 0;
  let lost = 0;
  for (const number of numbers) {
    const next = number - lost;
    const made = sum + next;
    lost = made - sum - next;
    sum = made;
  }
  return sum;
};

const mean = (numbers: readonly number[]): number => {
  if (numbers.length === 0) throw FAULT.div0;
  return total(numbers) / numbers.length;
};

const least = (numbers: readonly number[]): number => numbers.reduce((a, b) => (b < a ? b : a), numbers[0] ?? 0);
const most = (numbers: readonly number[]): number => numbers.reduce((a, b) => (b > a ? b : a), numbers[0] ?? 0);

const of =
  (fold: (numbers: readonly number[]) => number): Eager =>
  (args) =>
    finite(fold(numbersOf(args)));

/** Places of an area that hold to all conditions, as its numbers. */
function chosen(target: Area, pairs: readonly Operand[]): number[] {
  const tests: [Area, Condition][] = [];
  for (let index = 0; index < pairs.length; index += 2) {
    if (pairs[index + 1] === undefined) throw FAULT.value;
    tests.push([areaOf(pairs[index]), conditionOf(pairs[index + 1])]);
  }
  if (tests.some(([area]) => area.rows !== target.rows || area.cols !== target.cols)) throw FAULT.value;
  const numbers: number[] = [];
  for (let row = 0; row < target.rows; row += 1) {
    for (let col = 0; col < target.cols; col += 1) {
      if (!tests.every(([area, holds]) => holds(area.at(row, col)))) continue;
      const value = target.at(row, col);
      if (value instanceof Fault) throw value;
      if (typeof value === 'number') numbers.push(value);
    }
  }
  return numbers;
}

/** range, condition, what is added up: the range itself if nothing else is said. */
const oneCondition =
  (fold: (numbers: readonly number[]) => number): Eager =>
  ([range, condition, target]) => {
    const area = areaOf(range);
    return finite(fold(chosen(target === undefined ? area : areaOf(target), [area, condition ?? null])));
  };

const manyConditions =
  (fold: (numbers: readonly number[]) => number): Eager =>
  ([target, ...pairs]) =>
    finite(fold(chosen(areaOf(target), pairs)));

function countWhere(pairs: readonly Operand[]): number {
  const first = areaOf(pairs[0]);
  const ones: Area = { rows: first.rows, cols: first.cols, at: () => 1 };
  return chosen(ones, pairs).length;
}

/** Products of what stands at the same place; what is no number is 0. */
function sumOfProducts(args: readonly Operand[]): number {
  const areas = args.map(areaOf);
  const [first] = areas;
  if (first === undefined || areas.some(({ rows, cols }) => rows !== first.rows || cols !== first.cols)) throw FAULT.value;
  const products: number[] = [];
  for (let row = 0; row < first.rows; row += 1) {
    for (let col = 0; col < first.cols; col += 1) {
      let product = 1;
      for (const area of areas) {
        const value = area.at(row, col);
        if (value instanceof Fault) throw value;
        product *= typeof value === 'number' ? value : 0;
      }
      products.push(product);
    }
  }
  return total(products);
}

function count(operands: readonly Operand[], counts: (value: ReturnType<typeof scalar>) => boolean): number {
  let found = 0;
  for (const value of valuesOf(operands)) if (counts(value)) found += 1;
  return found;
}

export const SUMS: Readonly<Record<string, Eager>> = {
  SUM: of(total),
  AVERAGE: of(mean),
  MIN: of(least),
  MAX: of(most),
  PRODUCT: of((numbers) => (numbers.length === 0 ? 0 : numbers.reduce((a, b) => a * b, 1))),
  SUMSQ: of((numbers) => total(numbers.map((number) => number * number))),
  SUMPRODUCT: (args) => finite(sumOfProducts(args)),
  COUNT: (args) => count(args, (value) => typeof value === 'number'),
  COUNTA: (args) => count(args, (value) => value !== null),
  COUNTBLANK: ([range]) => count(isArea(range) ? [range] : [range ?? null], (value) => value === null || value === ''),
  SUMIF: oneCondition(total),
  AVERAGEIF: oneCondition(mean),
  COUNTIF: (args) => countWhere(args.slice(0, 2)),
  SUMIFS: manyConditions(total),
  AVERAGEIFS: manyConditions(mean),
  MINIFS: manyConditions(least),
  MAXIFS: manyConditions(most),
  COUNTIFS: (args) => countWhere(args),
};
