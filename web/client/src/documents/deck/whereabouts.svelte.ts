/** Tell others which slide one looks at and what one has selected. To be called while a component is set up. */
import type { Awareness } from 'y-protocols/awareness';
import type { DeckView } from './view.svelte';

const TELL_AFTER = 80;

export function whereabouts(awareness: () => Awareness, view: DeckView): void {
  $effect(() => {
    const [slide, element] = [view.slide?.id ?? null, view.selected];
    const timer = setTimeout(() => {
      awareness().setLocalStateField('slide', slide);
      awareness().setLocalStateField('element', element);
    }, TELL_AFTER);
    return () => clearTimeout(timer);
  });
}
