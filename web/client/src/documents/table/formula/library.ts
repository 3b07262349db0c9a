/** Every function that computes on its arguments. Loaded when a table holds a formula, and not before: formulajs is large. */
import { LOOKUPS } from './functions/lookups';
import { NUMBERS } from './functions/numbers';
import type { Eager } from './functions/operands';
import { SUMS } from './functions/sums';
import { TEXTS } from './functions/texts';

export type Library = ReadonlyMap<string, Eager>;

export const LIBRARY: Library = new Map(Object.entries({ ...SUMS, ...NUMBERS, ...TEXTS, ...LOOKUPS }));
