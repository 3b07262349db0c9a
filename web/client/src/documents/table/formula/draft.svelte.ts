/**
 * A cell that is being typed into: its text, where the caret stands, and the reference that is being picked on the grid.
 * What is picked replaces itself until something else is typed.
 */
import { columnLetters } from '../model';
import type { Places } from './places';
import { shownIn, type Writing } from './tokens';
import { mentionedIn, takesReference, type Mentioned } from './typing';
import { rebased } from './write';

interface Corner {
  readonly row: number;
  readonly col: number;
}

/** The reference being picked: where it stands in the text, and its two corners; -1 is a whole row or column. */
interface Pick {
  readonly start: number;
  readonly end: number;
  readonly anchor: Corner;
  readonly head: Corner;
}

export class Draft {
  text = $state('');
  caret = $state(0);
  /** Typed in the bar above the grid, not in the cell. */
  inBar = $state(false);
  /** Where the letters go in; set by the input that is open. */
  input: HTMLInputElement | null = null;
  picked = $state.raw<Pick | null>(null);
  #places = $state.raw<Places>();
  readonly #locale: 'de' | 'en';
  readonly mentioned: readonly Mentioned[] = $derived(this.isFormula ? mentionedIn(this.text, this.writing) : []);

  constructor(text: string, locale: 'de' | 'en', places: Places) {
    this.text = text;
    this.caret = text.length;
    this.#locale = locale;
    this.#places = places;
  }

  get isFormula(): boolean {
    return this.text.startsWith('=');
  }

  get writing(): Writing {
    return this.#places === undefined ? { kind: 'shown', locale: this.#locale, places: null } : shownIn(this.#locale, this.#places);
  }

  /** The person typed, or moved the caret. */
  typed(text: string, caret: number): void {
    if (text !== this.text || caret !== this.caret) this.picked = null;
    this.text = text;
    this.caret = caret;
  }

  /** Rows or columns came or went: the formula goes on meaning the same cells. */
  arrange(places: Places): void {
    const before = this.writing;
    this.#places = places;
    if (!this.isFormula) return;
    this.text = rebased(this.text, before, this.writing);
    this.picked = null;
  }

  get canPick(): boolean {
    return this.isFormula && (this.picked !== null || takesReference(this.text, this.caret, this.writing));
  }

  /** Put a reference to a cell in, or widen the one that is being picked; -1 is the heading of a row or column. */
  pick(head: Corner, extend: boolean): void {
    const before = this.picked;
    const start = before?.start ?? this.caret;
    const end = before?.end ?? this.caret;
    const anchor = extend && before !== null ? before.anchor : head;
    const written = nameOf(anchor, head);
    this.text = this.text.slice(0, start) + written + this.text.slice(end);
    this.caret = start + written.length;
    this.picked = { start, end: this.caret, anchor, head };
    this.#showCaret();
  }

  /** Replace a part of the text, as a suggestion does. */
  put(start: number, end: number, text: string): void {
    this.text = this.text.slice(0, start) + text + this.text.slice(end);
    this.caret = start + text.length;
    this.picked = null;
    this.#showCaret();
  }

  #showCaret(): void {
    const input = this.input;
    if (input === null) return;
    input.value = this.text;
    input.setSelectionRange(this.caret, this.caret);
    input.scrollLeft = input.scrollWidth;
  }
}

/** B3, B3:C5, B:C, 3:5. */
function nameOf(anchor: Corner, head: Corner): string {
  const [top, bottom] = [Math.min(anchor.row, head.row), Math.max(anchor.row, head.row)];
  const [left, right] = [Math.min(anchor.col, head.col), Math.max(anchor.col, head.col)];
  const end = (row: number, col: number) => `${left < 0 ? '' : columnLetters(col)}${top < 0 ? '' : row + 1}`;
  const [from, to] = [end(top, left), end(bottom, right)];
  return from === to && top >= 0 && left >= 0 ? from : `${from}:${to}`;
}
