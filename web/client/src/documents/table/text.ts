/**
 * Texts that begin with "=": a cell's string that begins with "=" is a formula, so a text that does stands behind one more
 * apostrophe. Twin of `stored_cell` and `plain_text` in collab/schema.py. Pure.
 */

export function isFormula(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('=');
}

/** The text that a stored string is, if it is no formula. */
export function plainText(stored: string): string {
  return /^'+=/.test(stored) ? stored.slice(1) : stored;
}

/** The string that a text is stored as. */
export function storedText(text: string): string {
  return /^'*=/.test(text) ? `'${text}` : text;
}
