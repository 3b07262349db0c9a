/**
 * Between what a person types or reads and what a cell holds, in the reader's language. Pure; nothing is guessed: a text
 * becomes a number only if it reads back as the same number in that language.
 */
import type { Cell, Format } from '../schema';
import { Fault, faultName, type Value } from './formula/faults';
import { plainText, storedText } from './text';

export interface CellLanguage {
  readonly name: 'de' | 'en';
  readonly locale: string;
  readonly decimal: string;
  readonly group: string;
  readonly yes: string;
  readonly no: string;
}

export function cellLanguage(locale: 'de' | 'en'): CellLanguage {
  return locale === 'de'
    ? { name: locale, locale: 'de-DE', decimal: ',', group: '.', yes: 'WAHR', no: 'FALSCH' }
    : { name: locale, locale: 'en-GB', decimal: '.', group: ',', yes: 'TRUE', no: 'FALSE' };
}

const FRACTIONS: Readonly<Partial<Record<Format, number>>> = { '0': 0, '0.0': 1, '0.00': 2, '0.000': 3 };

/** A formula that is still being computed. */
export const PENDING = '…';

/** What the grid shows of a value; undefined is one that is still being computed. */
export function displayCell(value: Value | undefined, format: Format, language: CellLanguage): string {
  if (value === undefined) return PENDING;
  if (value === null) return '';
  if (value instanceof Fault) return faultName(value.code, language.name);
  if (typeof value === 'boolean') return value ? language.yes : language.no;
  if (typeof value === 'string') return value;
  if (format === '%') return `${numberText(value * 100, language, undefined)} %`;
  return numberText(value, language, FRACTIONS[format]);
}

/** What the person edits of a cell without a formula: every digit, no rounding. */
export function editableCell(value: Cell | null, format: Format, language: CellLanguage): string {
  // In a text column what is seen is what is typed; elsewhere the apostrophe says that this is no formula.
  if (typeof value === 'string') return format === 'text' ? plainText(value) : value;
  if (typeof value !== 'number') return displayCell(value, format, language);
  if (format === '%') return `${exactText(Number((value * 100).toPrecision(15)), language)} %`;
  return exactText(value, language);
}

function numberText(value: number, language: CellLanguage, fraction: number | undefined): string {
  const options: Intl.NumberFormatOptions = fraction === undefined ? { maximumSignificantDigits: 10 } : { minimumFractionDigits: fraction, maximumFractionDigits: fraction };
  if (fraction === undefined && value !== 0 && (Math.abs(value) >= 1e15 || Math.abs(value) < 1e-9)) return exactText(value, language);
  return formatter(language.locale, options).format(value).replace('-', '−');
}

function exactText(value: number, language: CellLanguage): string {
  return String(value).replace('.', language.decimal);
}

const formatters = new Map<string, Intl.NumberFormat>();

function formatter(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale} ${options.maximumFractionDigits ?? 'free'}`;
  let found = formatters.get(key);
  if (found === undefined) formatters.set(key, (found = new Intl.NumberFormat(locale, { ...options, useGrouping: false })));
  return found;
}

/** What typed text means in a column of this format; null empties the cell. */
export function parseCell(typed: string, format: Format, language: CellLanguage): Cell | null {
  if (typed === '') return null;
  if (format === 'text') return storedText(typed);
  const trimmed = typed.trim();
  if (trimmed === language.yes) return true;
  if (trimmed === language.no) return false;
  const percent = trimmed.endsWith('%');
  const number = parseNumber(percent ? trimmed.slice(0, -1).trimEnd() : trimmed, language);
  if (number === null || (percent && format !== '%')) return typed;
  return format === '%' ? Number((number / 100).toPrecision(15)) : number;
}

function parseNumber(written: string, language: CellLanguage): number | null {
  const group = `\\${language.group}`;
  const pattern = new RegExp(`^[-+−]?(\\d+|\\d{1,3}(${group}\\d{3})+)?(\\${language.decimal}\\d*)?(e[-+]?\\d{1,3})?$`, 'i');
  const match = pattern.exec(written);
  if (match === null || !/\d/.test(written)) return null;
  if (/^[-+−]?0\d/.test(written)) return null; // 07123 is a telephone number or a code, not 7123
  const value = Number(written.replaceAll(language.group, '').replace(language.decimal, '.').replace('−', '-'));
  return Number.isFinite(value) ? value : null;
}
