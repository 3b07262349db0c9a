/**
 * Arithmetic and statistics, most of it by formulajs.
 *
 * Laws: formulajs gets plain finite numbers and flat lists only, because it reads empty cells, texts and truths in ways of its
 * own; what it throws or returns as an error becomes one of ours. What it would compute for ever is bounded here.
 */
import {
  BIN2DEC, CEILING, CORREL, DEC2BIN, DEC2HEX, EVEN, FLOOR, GCD, GEOMEAN, HEX2DEC, INTERCEPT, LARGE, LCM, MEDIAN, MODE, MROUND,
  NORM, ODD, PERCENTILEINC, QUARTILEINC, RANK, ROUND, ROUNDDOWN, ROUNDUP, SLOPE, SMALL, STDEVP, STDEVS, TRUNC, VARP, VARS,
} from '@formulajs/formulajs';
import { Fault, FAULT, faultNamed } from '../faults';
import { areaOf, finite, numberOf, numbersOf, textOf, truthOf, wholeOf, type Eager, type Operand } from './operands';

type Foreign = (...given: never[]) => unknown;

/** Call formulajs; its errors become ours. */
function ask(foreign: Foreign, ...given: readonly unknown[]): number | string {
  let answer: unknown;
  try {
    answer = (foreign as (...all: readonly unknown[]) => unknown)(...given);
  } catch {
    throw FAULT.num; // it throws whatever an unforeseen number makes it throw
  }
  if (typeof answer === 'number') return finite(answer);
  if (typeof answer === 'string') return answer;
  const code = answer instanceof Error ? faultNamed(answer.message) : undefined;
  throw code === undefined ? FAULT.num : FAULT[code];
}

/** A function of so many numbers. */
const plain =
  (foreign: Foreign, ...absent: readonly number[]): Eager =>
  (args) =>
    ask(foreign, ...Array.from({ length: Math.max(args.length, absent.length) }, (_, index) => numberOf(args[index], absent[index])));

/** A function of a list of numbers, of which there have to be some. */
const list =
  (foreign: Foreign, least: number, missing: Fault = FAULT.div0): Eager =>
  (args) => {
    const numbers = numbersOf(args);
    if (numbers.length < least) throw missing;
    return ask(foreign, numbers);
  };

/** A function of a list and one number. */
const listAnd =
  (foreign: Foreign): Eager =>
  ([range, number]) => {
    const numbers = numbersOf([areaOf(range)]);
    if (numbers.length === 0) throw FAULT.num;
    return ask(foreign, numbers, numberOf(number));
  };

/** Of two ranges those places where both hold numbers. */
const pairs =
  (foreign: Foreign): Eager =>
  (args) => {
    const [one, other] = args.map(areaOf);
    if (one === undefined || other === undefined || one.rows !== other.rows || one.cols !== other.cols) throw FAULT.na;
    const both: [number[], number[]] = [[], []];
    for (let row = 0; row < one.rows; row += 1) {
      for (let col = 0; col < one.cols; col += 1) {
        const a = one.at(row, col);
        const b = other.at(row, col);
        if (a instanceof Fault) throw a;
        if (b instanceof Fault) throw b;
        if (typeof a === 'number' && typeof b === 'number') {
          both[0].push(a);
          both[1].push(b);
        }
      }
    }
    if (both[0].length < 2) throw FAULT.div0;
    return ask(foreign, ...both);
  };

const native =
  (compute: (number: number) => number): Eager =>
  ([number]) =>
    finite(compute(numberOf(number)));

function factorial(n: number): number {
  if (n < 0 || n > 170) throw FAULT.num;
  let product = 1;
  for (let factor = 2; factor <= n; factor += 1) product *= factor;
  return product;
}

/** How many ways there are to choose k of n, in order or not. */
function chooseOf(n: number, k: number, inOrder: boolean): number {
  if (k < 0 || n < k) throw FAULT.num;
  const steps = inOrder ? k : Math.min(k, n - k);
  let ways = 1;
  for (let step = 1; step <= steps && Number.isFinite(ways); step += 1) ways = (ways * (n - steps + step)) / (inOrder ? 1 : step);
  return finite(inOrder ? ways : Math.round(ways) === ways || ways > 2 ** 52 ? ways : Math.round(ways));
}

const MOST_TRIALS = 10_000;

/** By logarithms, so that 1,000 trials do not overflow. */
function binomial(args: readonly Operand[]): number {
  const [k, n] = [wholeOf(args[0]), wholeOf(args[1])];
  const p = numberOf(args[2]);
  if (k < 0 || k > n || n > MOST_TRIALS || p < 0 || p > 1) throw FAULT.num;
  if (p === 0 || p === 1) return truthOf(args[3]) ? Number(p === 0 || k === n) : Number(k === (p === 0 ? 0 : n));
  let logarithm = n * Math.log1p(-p);
  let sum = Math.exp(logarithm);
  for (let at = 1; at <= k; at += 1) {
    logarithm += Math.log((n - at + 1) / at) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(logarithm);
  }
  return truthOf(args[3]) ? Math.min(1, sum) : Math.exp(logarithm);
}

function remainder(args: readonly Operand[]): number {
  const [number, divisor] = [numberOf(args[0]), numberOf(args[1])];
  if (divisor === 0) throw FAULT.div0;
  return finite(number - divisor * Math.floor(number / divisor));
}

function quotient(args: readonly Operand[]): number {
  const divisor = numberOf(args[1]);
  if (divisor === 0) throw FAULT.div0;
  return Math.trunc(numberOf(args[0]) / divisor);
}

/** Whole numbers that can be told from their neighbours. */
function divisible(foreign: Foreign): Eager {
  return (args) => {
    const numbers = numbersOf(args).map(Math.trunc);
    if (numbers.length === 0 || numbers.some((number) => number < 0 || number > 2 ** 53)) throw FAULT.num;
    if (numbers.includes(0)) return foreign === LCM ? 0 : ask(foreign, ...numbers.filter((number) => number !== 0), ...(numbers.every((number) => number === 0) ? [0] : []));
    return ask(foreign, ...numbers);
  };
}

function multiple(foreign: Foreign): Eager {
  return (args) => {
    const [number, step] = [numberOf(args[0]), numberOf(args[1])];
    if (number === 0 || step === 0) return 0;
    if (number > 0 && step < 0) throw FAULT.num;
    return ask(foreign, number, step);
  };
}

const places =
  (foreign: Foreign): Eager =>
  ([number, digits]) => {
    const value = numberOf(number);
    const at = wholeOf(digits, 0);
    if (Math.abs(at) > 300) throw FAULT.num;
    // Beyond the digits a number has there is nothing to round.
    return at > 15 || value === 0 ? value : ask(foreign, value, at);
  };

const logarithm: Eager = ([number, base]) => {
  const [value, of] = [numberOf(number), numberOf(base, 10)];
  if (value <= 0 || of <= 0) throw FAULT.num;
  if (of === 1) throw FAULT.div0;
  if (of === 10) return Math.log10(value);
  return of === 2 ? Math.log2(value) : Math.log(value) / Math.log(of);
};

const based =
  (foreign: Foreign): Eager =>
  (args, env) => {
    const answer = ask(foreign, foreign === DEC2BIN || foreign === DEC2HEX ? wholeOf(args[0]) : textOf(args[0], env), ...(args[1] === undefined ? [] : [wholeOf(args[1])]));
    return typeof answer === 'string' ? answer.toUpperCase() : answer;
  };

const parity =
  (rest: number): Eager =>
  ([number]) =>
    Math.abs(wholeOf(number)) % 2 === rest;

export function powerOf(base: number, exponent: number): number {
  if (base === 0 && exponent < 0) throw FAULT.div0;
  if (base === 0 && exponent === 0) throw FAULT.num;
  return finite(base ** exponent);
}

export const NUMBERS: Readonly<Record<string, Eager>> = {
  MEDIAN: list(MEDIAN, 1, FAULT.num),
  MODE: list(MODE.SNGL, 1, FAULT.na),
  STDEV: list(STDEVS, 2),
  STDEVP: list(STDEVP, 1),
  VAR: list(VARS, 2),
  VARP: list(VARP, 1),
  GEOMEAN: list(GEOMEAN, 1, FAULT.num),
  LARGE: listAnd(LARGE),
  SMALL: listAnd(SMALL),
  PERCENTILE: listAnd(PERCENTILEINC),
  QUARTILE: listAnd(QUARTILEINC),
  RANK: ([number, range, ascending]) => ask(RANK.EQ, numberOf(number), numbersOf([areaOf(range)]), numberOf(ascending, 0) !== 0),
  CORREL: pairs(CORREL),
  SLOPE: pairs(SLOPE),
  INTERCEPT: pairs(INTERCEPT),
  BINOMDIST: (args) => finite(binomial(args)),
  NORMDIST: (args) => {
    if (numberOf(args[2]) <= 0) throw FAULT.num;
    return ask(NORM.DIST, numberOf(args[0]), numberOf(args[1]), numberOf(args[2]), truthOf(args[3]));
  },
  ROUND: places(ROUND),
  ROUNDUP: places(ROUNDUP),
  ROUNDDOWN: places(ROUNDDOWN),
  TRUNC: places(TRUNC),
  INT: native(Math.floor),
  MROUND: ([number, step]) => {
    if (numberOf(number) * numberOf(step) < 0) throw FAULT.num;
    return numberOf(step) === 0 ? 0 : ask(MROUND, numberOf(number), numberOf(step));
  },
  CEILING: multiple(CEILING),
  FLOOR: multiple(FLOOR),
  EVEN: plain(EVEN),
  ODD: plain(ODD),
  ABS: native(Math.abs),
  SIGN: native(Math.sign),
  SQRT: native(Math.sqrt),
  POWER: ([base, exponent]) => powerOf(numberOf(base), numberOf(exponent)),
  EXP: native(Math.exp),
  LN: native(Math.log),
  LOG: logarithm,
  LOG10: native(Math.log10),
  MOD: remainder,
  QUOTIENT: quotient,
  GCD: divisible(GCD),
  LCM: divisible(LCM),
  FACT: ([number]) => factorial(wholeOf(number)),
  COMBIN: ([n, k]) => chooseOf(wholeOf(n), wholeOf(k), false),
  PERMUT: ([n, k]) => chooseOf(wholeOf(n), wholeOf(k), true),
  PI: () => Math.PI,
  SIN: native(Math.sin),
  COS: native(Math.cos),
  TAN: native(Math.tan),
  ASIN: native(Math.asin),
  ACOS: native(Math.acos),
  ATAN: native(Math.atan),
  ATAN2: ([x, y]) => {
    if (numberOf(x) === 0 && numberOf(y) === 0) throw FAULT.div0;
    return Math.atan2(numberOf(y), numberOf(x));
  },
  DEGREES: native((radians) => (radians * 180) / Math.PI),
  RADIANS: native((degrees) => (degrees * Math.PI) / 180),
  DEC2BIN: based(DEC2BIN),
  BIN2DEC: based(BIN2DEC),
  DEC2HEX: based(DEC2HEX),
  HEX2DEC: based(HEX2DEC),
  ISEVEN: parity(0),
  ISODD: parity(1),
};
