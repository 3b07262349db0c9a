/** What a person does to a deck: each is one step of undo. No DOM. */
import type { Background } from '../schema';
import { addSlide, addText, duplicateSlide, moveSlide, removeElement, removeSlide } from './model';
import type { DeckView } from './view.svelte';

/** Insert a slide behind the present one, on the same ground, and go there. */
export function newSlide(view: DeckView): void {
  const bg: Background = view.slide?.bg ?? 'board';
  view.undo.part();
  const made = addSlide(view.deck, view.slides.length === 0 ? 0 : view.index + 1, bg);
  view.flush();
  view.choose(made);
}

export function copySlide(view: DeckView): void {
  if (view.slide === null) return;
  view.undo.part();
  const made = duplicateSlide(view.deck, view.slide.id);
  view.flush();
  if (made !== null) view.choose(made);
}

export function dropSlide(view: DeckView): void {
  if (view.slide === null) return;
  view.undo.part();
  removeSlide(view.deck, view.slide.id);
  view.flush();
}

/** Put a slide before `index` and return the number it has then. */
export function putSlide(view: DeckView, slide: string, index: number): number {
  view.undo.part();
  moveSlide(view.deck, slide, Math.max(0, Math.min(view.slides.length, index)));
  view.flush();
  return view.slides.findIndex(({ id }) => id === slide) + 1;
}

/** Move the present slide one place and return its number. */
export function shiftSlide(view: DeckView, by: -1 | 1): number {
  return view.slide === null ? 0 : putSlide(view, view.slide.id, by < 0 ? view.index - 1 : view.index + 2);
}

/** Add a text box and open it. */
export function newText(view: DeckView): void {
  if (view.slide === null) return;
  view.undo.part();
  const made = addText(view.deck, view.slide.id);
  view.flush();
  view.select(made);
  view.open = made;
}

export function dropElement(view: DeckView): void {
  if (view.slide === null || view.selected === null) return;
  view.undo.part();
  removeElement(view.deck, view.slide.id, view.selected);
  view.flush();
}

export function goBy(view: DeckView, by: number): void {
  view.choose(view.slides[Math.max(0, Math.min(view.slides.length - 1, view.index + by))]?.id ?? null);
}
