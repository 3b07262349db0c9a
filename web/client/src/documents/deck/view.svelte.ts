/**
 * A deck as an editor or the stage sees it: slides in order, which one is looked at, what is selected, drags in flight
 * (one's own and others'). Slides that did not change keep their object, so that only what changed is drawn again.
 */
import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import type { Geometry, Shape } from '../schema';
import { byPosition } from '../position';
import { OwnUndo } from '../undo.svelte';
import { deckOf, readSlide, setGeometry, type Deck, type Element, type Slide } from './model';

export interface Drag {
  readonly element: string;
  readonly g: Geometry;
}

/** Milliseconds between two words about a drag; the last one is always told. */
const TELL_EVERY = 50;

export class DeckView {
  readonly deck: Deck;
  readonly undo: OwnUndo;
  slides = $state.raw<readonly Slide[]>([]);
  /** The slide that is looked at, by id. */
  chosen = $state<string | null>(null);
  selected = $state<string | null>(null);
  /** The element whose text is open. */
  open = $state<string | null>(null);
  drag = $state.raw<Drag | null>(null);

  readonly index = $derived(Math.max(0, this.slides.findIndex(({ id }) => id === this.chosen)));
  readonly slide = $derived<Slide | null>(this.slides[this.index] ?? null);
  readonly element = $derived<Element | null>(this.slide?.elements.find(({ id }) => id === this.selected) ?? null);

  readonly #awareness: Awareness;
  readonly #cache = new Map<string, Slide>();
  #frame = 0;
  #lastIndex = 0;
  #telling: ReturnType<typeof setTimeout> | undefined;

  constructor(doc: Y.Doc, awareness: Awareness) {
    this.deck = deckOf(doc);
    this.#awareness = awareness;
    this.undo = new OwnUndo([this.deck.slides]);
    this.deck.slides.observeDeep(this.#onEvents);
    this.flush();
    this.chosen = this.slides[0]?.id ?? null;
  }

  close(): void {
    this.deck.slides.unobserveDeep(this.#onEvents);
    this.undo.close();
    clearTimeout(this.#telling);
    cancelAnimationFrame(this.#frame);
  }

  flush(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const found: Slide[] = [];
    for (const [id, shape] of this.deck.slides) {
      const slide = this.#cache.get(id) ?? (shape instanceof Y.Map ? readSlide(id, shape as Shape) : null);
      if (slide === null) continue;
      this.#cache.set(id, slide);
      found.push(slide);
    }
    this.slides = found.sort(byPosition);
    this.#keepPlace();
  }

  choose(slide: string | null): void {
    if (slide === this.chosen) return;
    this.chosen = slide;
    this.select(null);
    this.#lastIndex = this.index;
  }

  select(element: string | null): void {
    if (element === this.selected) return;
    this.selected = element;
    this.open = null;
    this.drag = null;
  }

  /** Follow a box in flight; others see it, nothing is stored. */
  dragTo(element: string, g: Geometry): void {
    this.drag = { element, g };
    this.#telling ??= setTimeout(() => this.#tellDrag(), TELL_EVERY);
  }

  /** The box has landed: one change. */
  drop(): void {
    const { drag, slide } = this;
    this.cancelDrag();
    if (drag === null || slide === null) return;
    this.undo.part();
    setGeometry(this.deck, slide.id, drag.element, drag.g);
    this.flush();
  }

  cancelDrag(): void {
    this.drag = null;
    this.#tellDrag();
  }

  #tellDrag(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    const { drag } = this;
    this.#awareness.setLocalStateField('drag', drag === null ? null : { element: drag.element, g: drag.g.map(Math.round) });
  }

  /** The slide under one's eyes may be gone: the one that took its place is meant then. */
  #keepPlace(): void {
    const at = this.slides.findIndex(({ id }) => id === this.chosen);
    if (at >= 0) this.#lastIndex = at;
    else this.choose(this.slides[Math.min(this.#lastIndex, this.slides.length - 1)]?.id ?? null);
    const there = this.slides[Math.max(0, at)]?.elements.some(({ id }) => id === this.selected);
    if (this.selected !== null && there !== true) this.select(null);
  }

  readonly #onEvents = (events: Y.YEvent<Y.AbstractType<unknown>>[]): void => {
    for (const event of events) {
      const [slide] = event.path;
      if (typeof slide === 'string') this.#cache.delete(slide);
      else for (const key of event.keys.keys()) this.#cache.delete(key);
    }
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.flush());
  };
}
