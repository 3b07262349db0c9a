/** What a formula gives instead of a value when it cannot give one, under the names that spreadsheets use. Pure. */

export const FAULTS = ['div0', 'value', 'ref', 'name', 'num', 'na', 'cycle', 'syntax'] as const;
export type FaultCode = (typeof FAULTS)[number];

const NAMES: Readonly<Record<'de' | 'en', Readonly<Record<FaultCode, string>>>> = {
  en: { div0: '#DIV/0!', value: '#VALUE!', ref: '#REF!', name: '#NAME?', num: '#NUM!', na: '#N/A', cycle: '#CYCLE!', syntax: '#ERROR!' },
  de: { div0: '#DIV/0!', value: '#WERT!', ref: '#BEZUG!', name: '#NAME?', num: '#ZAHL!', na: '#NV', cycle: '#ZYKLUS!', syntax: '#FEHLER!' },
};

export class Fault {
  constructor(readonly code: FaultCode) {}
}

/** One of each: they are compared by identity. */
export const FAULT: Readonly<Record<FaultCode, Fault>> = {
  div0: new Fault('div0'),
  value: new Fault('value'),
  ref: new Fault('ref'),
  name: new Fault('name'),
  num: new Fault('num'),
  na: new Fault('na'),
  cycle: new Fault('cycle'),
  syntax: new Fault('syntax'),
};

/** null: an empty cell. */
export type Value = number | string | boolean | Fault | null;

export function faultName(code: FaultCode, locale: 'de' | 'en'): string {
  return NAMES[locale][code];
}

/** The error that a written name means, in either language. */
export function faultNamed(written: string): FaultCode | undefined {
  return FAULTS.find((code) => NAMES.en[code] === written || NAMES.de[code] === written);
}
