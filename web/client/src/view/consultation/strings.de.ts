/** German words of a consultation. Families are called by the name of who came. */
export const de = {
  title: 'Warteraum',
  nobody: 'Niemand wartet.',
  waits: (name: string) => `${name} wartet`,
  since: (minutes: number) => (minutes === 0 ? 'seit eben' : `seit ${minutes} min`),
  others: (count: number) => `und ${count} weitere`,
  admit: (name: string) => `${name} hereinlassen`,
  next: (name: string) => `Gespräch beenden und ${name} hereinlassen`,
};

export type Strings = typeof de;
