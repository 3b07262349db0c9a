const TITLES = new Set(['frau', 'herr', 'fr.', 'hr.', 'dr.', 'prof.', 'mr', 'mrs', 'ms', 'mr.', 'mrs.', 'ms.']);

/** One or two letters that stand for a person; a form of address is not part of the name. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter((word) => !TITLES.has(word.toLowerCase()));
  const first = [...(words[0] ?? '?')][0] ?? '?';
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
  return (first + last).toLocaleUpperCase();
}

/** The colour of a person as a style value; `colour` counts from 0. */
export function personColour(colour: number): string {
  return `--who: var(--person-${(((colour % 8) + 8) % 8) + 1})`;
}

/** The colour that the server gives a person in a room (CRC-32 of the id), for wherever no number came from it. */
export function colourOf(id: string): number {
  let sum = 0xffffffff;
  for (const byte of new TextEncoder().encode(id)) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (~sum >>> 0) % 8;
}

/**
 * What fits under a small picture: "Amira" for "Amira H." while no other Amira is here, "Fr. Yıldız" for "Frau Yıldız".
 */
export function shortName(name: string, all: readonly string[]): string {
  const titled = name.replace(/^Frau\s+/, 'Fr. ').replace(/^Herr\s+/, 'Hr. ');
  const first = /^(\S+)\s+\p{L}\.$/u.exec(titled)?.[1];
  if (first === undefined || first.endsWith('.')) return titled;
  const alike = all.filter((other) => other !== name && (other === first || other.startsWith(`${first} `)));
  return alike.length === 0 ? first : titled;
}
