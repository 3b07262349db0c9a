/** Between what a person types into a cell or sees when opening it, and what the cell then holds. Pure. */
import type { Cell, Format } from '../schema';
import { editableCell, parseCell, type CellLanguage } from './cells';
import { parse, type Reason } from './formula/parse';
import type { Places } from './formula/places';
import { shownIn } from './formula/tokens';
import { shown, stored } from './formula/write';
import { isFormula, storedText } from './text';

/** Which language, and where rows and columns stand. */
export interface Reading {
  readonly language: CellLanguage;
  readonly places: Places;
}

export type Entry = { readonly value: Cell | null } | { readonly broken: Reason; readonly at: number; readonly end: number };

/** What a cell of this format shows when it is opened. */
export function openedText(value: Cell | null, format: Format, { language, places }: Reading): string {
  return isFormula(value) ? shown(value, shownIn(language.name, places)) : editableCell(value, format, language);
}

/** What typed text makes of a cell: a formula, if it begins with "=" and the column is not one of texts. */
export function readEntry(typed: string, format: Format, { language, places }: Reading): Entry {
  if (!isFormula(typed) || format === 'text') return { value: parseCell(typed, format, language) };
  if (typed.trim() === '=') return { value: storedText(typed) };
  const writing = shownIn(language.name, places);
  const parsed = parse(typed, writing);
  return parsed.ok ? { value: stored(typed, writing) } : { broken: parsed.reason, at: parsed.at, end: parsed.end };
}
