/** First passwords as the server makes them, too: syllables to read aloud and to type on a tablet. */
const CONSONANTS = 'bdfghkmnprstwz';
const VOWELS = 'aeiou';
const DIGITS = '23456789';

/** A whole number below `bound`, each as likely as any other. */
function below(bound: number): number {
  const [value = 0] = crypto.getRandomValues(new Uint32Array(1));
  return value < Math.floor(2 ** 32 / bound) * bound ? value % bound : below(bound);
}

export function firstPassword(pick: (bound: number) => number = below): string {
  const one = (letters: string) => letters[pick(letters.length)] ?? '';
  const syllable = () => one(CONSONANTS) + one(VOWELS);
  return `${syllable()}${syllable()}-${syllable()}${syllable()}-${syllable()}${one(DIGITS)}${one(DIGITS)}`;
}
