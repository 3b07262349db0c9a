/**
 * What a function is given, and how it asks for it. Pure.
 *
 * Laws: a text is never taken for a number by itself, because a decimal sign means another number in another language; in
 * ranges only numbers count. What is asked for and not there is thrown as the Fault that the cell then shows.
 */
import { Fault, FAULT, type Value } from '../faults';

/** A rectangle of cells. */
export interface Area {
  readonly rows: number;
  readonly cols: number;
  at(row: number, col: number): Value;
}

export type Operand = Value | Area;

export interface Surroundings {
  readonly locale: 'de' | 'en';
}

export type Eager = (args: readonly Operand[], env: Surroundings) => Operand;

/** A cell holds no longer text. */
export const MAX_TEXT = 32_767;

export function isArea(operand: Operand | undefined): operand is Area {
  return typeof operand === 'object' && operand !== null && !(operand instanceof Fault);
}

/** One value; a range of one cell is its value. */
export function scalar(operand: Operand | undefined): Value {
  if (!isArea(operand)) return operand ?? null;
  return operand.rows === 1 && operand.cols === 1 ? operand.at(0, 0) : FAULT.value;
}

export function calm(value: Value): number | string | boolean | null {
  if (value instanceof Fault) throw value;
  return value;
}

export function numberOf(operand: Operand | undefined, absent?: number): number {
  if (operand === undefined && absent !== undefined) return absent;
  const value = calm(scalar(operand));
  if (typeof value === 'string') throw FAULT.value;
  return Number(value ?? 0);
}

export function wholeOf(operand: Operand | undefined, absent?: number): number {
  return Math.trunc(numberOf(operand, absent));
}

export function truthOf(operand: Operand | undefined, absent = false): boolean {
  if (operand === undefined) return absent;
  const value = calm(scalar(operand));
  if (typeof value === 'string') throw FAULT.value;
  return Boolean(value ?? false);
}

export function textOf(operand: Operand | undefined, env: Surroundings): string {
  return writtenValue(calm(scalar(operand)), env);
}

/** As a text joined to others has it: with the decimal sign of the reader. */
export function writtenValue(value: number | string | boolean | null, { locale }: Surroundings): string {
  if (value === null) return '';
  if (typeof value === 'number') {
    const digits = String(Number(value.toPrecision(15)));
    return locale === 'de' ? digits.replace('.', ',') : digits;
  }
  if (typeof value === 'boolean') return locale === 'de' ? (value ? 'WAHR' : 'FALSCH') : value ? 'TRUE' : 'FALSE';
  return value;
}

export function areaOf(operand: Operand | undefined): Area {
  if (isArea(operand)) return operand;
  const value = operand ?? null;
  return { rows: 1, cols: 1, at: () => value };
}

/** Every value, row by row. */
export function* valuesOf(operands: readonly Operand[]): Generator<Value> {
  for (const operand of operands) {
    if (!isArea(operand)) yield operand;
    else for (let row = 0; row < operand.rows; row += 1) for (let col = 0; col < operand.cols; col += 1) yield operand.at(row, col);
  }
}

/** The numbers that count: all of a range that are numbers, and what was given directly. */
export function numbersOf(operands: readonly Operand[]): number[] {
  const numbers: number[] = [];
  for (const operand of operands) {
    if (!isArea(operand)) {
      if (operand !== null) numbers.push(numberOf(operand));
      continue;
    }
    for (let col = 0; col < operand.cols; col += 1) {
      for (let row = 0; row < operand.rows; row += 1) {
        const value = operand.at(row, col);
        if (typeof value === 'number') numbers.push(value);
        else if (value instanceof Fault) throw value;
      }
    }
  }
  return numbers;
}

/** A number that is one, or the error of it. */
export function finite(value: number): number {
  if (!Number.isFinite(value)) throw FAULT.num;
  return value;
}

const NUMBER = /^[-+−]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d{1,3})?$/i;

/** The number a text is in any language: one sign, point or comma, stands before the fraction. */
export function readNumber(text: string): number | null {
  const trimmed = text.trim();
  const percent = trimmed.endsWith('%');
  const plain = percent ? trimmed.slice(0, -1).trimEnd() : trimmed;
  if (plain.length > 40 || !NUMBER.test(plain)) return null;
  const value = Number(plain.replace(',', '.').replace('−', '-'));
  return Number.isFinite(value) ? (percent ? value / 100 : value) : null;
}
