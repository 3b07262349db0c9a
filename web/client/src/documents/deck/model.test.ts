import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { EDIT } from '../schema';
import { LossyNetwork } from '../testing/network';
import { seeded } from '../testing/random';
import { addImage, addSlide, addText, deckOf, duplicateSlide, moveSlide, removeElement, removeSlide, restack, setBackground, setGeometry, setLook, slidesOf, slideTitle, type Deck } from './model';
import { fragmentOf, paragraphsOf } from './text';

const ids = (deck: Deck) => slidesOf(deck).map(({ id }) => id);

function sample(slides = 3): Deck {
  const deck = deckOf(new Y.Doc());
  const random = seeded(2);
  for (let index = 0; index < slides; index += 1) addSlide(deck, index, 'board', random);
  return deck;
}

function write(deck: Deck, slide: string, element: string, text: string): void {
  const body = slidesOf(deck).find(({ id }) => id === slide)?.elements.find(({ id }) => id === element)?.body;
  const paragraph = new Y.XmlElement('paragraph');
  deck.doc.transact(() => {
    body?.push([paragraph]);
    paragraph.push([new Y.XmlText(text)]);
  }, EDIT);
}

describe('deck', () => {
  it('adds, moves and deletes slides where it is asked to', () => {
    const deck = sample();
    const [a = '', b = '', c = ''] = ids(deck);
    const fresh = addSlide(deck, 1, 'paper');
    expect(ids(deck)).toEqual([a, fresh, b, c]);
    moveSlide(deck, a, 4);
    expect(ids(deck)).toEqual([fresh, b, c, a]);
    moveSlide(deck, a, 0);
    removeSlide(deck, fresh);
    expect(ids(deck)).toEqual([a, b, c]);
  });

  it('puts a picture in the middle as large as fits, and draws only what is named by a hash', () => {
    const deck = sample(1);
    const [slide = ''] = ids(deck);
    const hash = 'ab'.repeat(32);
    const made = addImage(deck, slide, hash, 4000, 1000);
    const image = () => slidesOf(deck)[0]?.elements.find(({ id }) => id === made);
    expect(image()).toMatchObject({ kind: 'image', src: hash, alt: '', g: [350, 338, 900, 225, 0] });
    expect(slidesOf(deck)[0]?.elements.at(-1)?.id).toBe(made);
    for (const src of ['https://example.org/x.png', '../x', hash.toUpperCase(), `${hash}?`, 7]) {
      deck.doc.transact(() => (deck.slides.get(slide)?.get('els') as Y.Map<Y.Map<unknown>>).get(made ?? '')?.set('src', src), EDIT);
      expect(image()?.src).toBe('');
    }
  });

  it('copies a slide behind itself, deep and with new ids', () => {
    const deck = sample(2);
    const [first = '', second = ''] = ids(deck);
    const title = slidesOf(deck)[0]?.elements[0]?.id ?? '';
    write(deck, first, title, 'Parabeln');
    setLook(deck, first, title, { color: 'mark' });
    const copy = duplicateSlide(deck, first) ?? '';
    expect(ids(deck)).toEqual([first, copy, second]);
    const [one, two] = slidesOf(deck);
    expect(two && slideTitle(two)).toBe('Parabeln');
    expect(two?.elements[0]).toMatchObject({ color: 'mark', lines: ['', 'Parabeln'] });
    expect(two?.elements[0]?.id).not.toBe(one?.elements[0]?.id);
    write(deck, copy, two?.elements[0]?.id ?? '', 'nur hier');
    expect(slidesOf(deck)[0]?.elements[0]?.lines).toEqual(['', 'Parabeln']);
  });

  it('undoes the deletion of a slide with all it held', () => {
    const deck = sample(2);
    const [first = ''] = ids(deck);
    const title = slidesOf(deck)[0]?.elements[0]?.id ?? '';
    write(deck, first, title, 'bleibt');
    const undo = new Y.UndoManager(deck.slides, { trackedOrigins: new Set([EDIT]), captureTimeout: 0 });
    removeSlide(deck, first);
    expect(ids(deck)).not.toContain(first);
    undo.undo();
    expect(slidesOf(deck)[0]).toMatchObject({ id: first, elements: [{ lines: ['', 'bleibt'] }] });
  });

  it('writes geometry as one key, whole numbers, and nothing when nothing moved', () => {
    const deck = sample(1);
    const [slide = ''] = ids(deck);
    const box = addText(deck, slide) ?? '';
    const updates: Uint8Array[] = [];
    deck.doc.on('update', (update: Uint8Array) => updates.push(update));
    setGeometry(deck, slide, box, [10.4, 20.6, 300, 200, 365]);
    setGeometry(deck, slide, box, [10, 21, 300, 200, 5]);
    expect(updates).toHaveLength(1);
    expect(updates[0]?.length).toBeLessThan(80);
    expect(slidesOf(deck)[0]?.elements.at(-1)?.g).toEqual([10, 21, 300, 200, 5]);
  });

  it('draws in z order and restacks', () => {
    const deck = sample(1);
    const [slide = ''] = ids(deck);
    const one = addText(deck, slide) ?? '';
    const two = addText(deck, slide) ?? '';
    const order = () => slidesOf(deck)[0]?.elements.map(({ id }) => id).slice(1);
    expect(order()).toEqual([one, two]);
    restack(deck, slide, one, 1);
    expect(order()).toEqual([two, one]);
    restack(deck, slide, one, 1);
    expect(order()).toEqual([two, one]);
    removeElement(deck, slide, two);
    expect(order()).toEqual([one]);
  });

  it('reads what a foreign client wrote wrongly as absent', () => {
    const deck = sample(1);
    const [slide = ''] = ids(deck);
    const els = deck.slides.get(slide)?.get('els') as Y.Map<unknown>;
    els.set('text', 'x');
    els.set('noplace', new Y.Map<unknown>([['k', 'text'], ['z', 'V'], ['g', ['a', 1, 2, 3]]]));
    els.set('nokind', new Y.Map<unknown>([['k', 'video'], ['z', 'V'], ['g', [1, 1, 2, 3, 0]]]));
    els.set('infinite', new Y.Map<unknown>([['k', 'text'], ['z', 'V'], ['g', [Infinity, 1, 2, 3, 0]]]));
    (deck.slides as Y.Map<unknown>).set('bad', 1);
    deck.slides.set('empty', new Y.Map<unknown>([['!', 'z']]));
    expect(slidesOf(deck).map(({ elements }) => elements.length)).toEqual([1, 0]);
  });

  it('reads paragraphs without marks', () => {
    const doc = new Y.Doc();
    doc.getMap('m').set('f', fragmentOf(['eins', '', 'drei <b>']));
    const fragment = doc.getMap('m').get('f') as Y.XmlFragment;
    const text = (fragment.get(0) as Y.XmlElement).get(0) as Y.XmlText;
    text.format(0, 2, { strong: {} });
    expect(paragraphsOf(fragment)).toEqual(['eins', '', 'drei <b>']);
  });
});

describe('deck on a lossy network', () => {
  it.each([1, 2, 3, 4, 5, 6])('ends the same for five people (seed %i)', (seed) => {
    const random = seeded(100 + seed);
    const network = new LossyNetwork(5, random);
    const first = deckOf(network.clients[0] ?? new Y.Doc());
    for (let index = 0; index < 3; index += 1) addSlide(first, index, 'board', random);
    network.heal();
    const decks = network.clients.map(deckOf);
    for (let round = 0; round < 200; round += 1) {
      randomEdit(decks[Math.floor(random() * decks.length)] ?? first, random);
      network.step(Math.floor(random() * 12));
      if (random() < 0.02) network.heal();
    }
    network.heal();
    const seen = (deck: Deck) => slidesOf(deck).map(({ id, bg, elements }) => [id, bg, elements.map(({ body, ...rest }) => rest)]);
    for (const deck of decks) expect(seen(deck), `seed ${seed}`).toEqual(seen(deckOf(network.server)));
    expect(slidesOf(first).length).toBeGreaterThan(0);
  });
});

function randomEdit(deck: Deck, random: () => number): void {
  const slides = slidesOf(deck);
  const slide = slides[Math.floor(random() * slides.length)];
  if (slide === undefined) return;
  const element = slide.elements[Math.floor(random() * slide.elements.length)]?.id ?? '';
  const luck = random();
  if (luck < 0.1) addSlide(deck, Math.floor(random() * slides.length), 'paper', random);
  else if (luck < 0.14 && slides.length > 2) removeSlide(deck, slide.id);
  else if (luck < 0.2) moveSlide(deck, slide.id, Math.floor(random() * slides.length), random);
  else if (luck < 0.25) duplicateSlide(deck, slide.id, random);
  else if (luck < 0.4) addText(deck, slide.id, random);
  else if (luck < 0.45) removeElement(deck, slide.id, element);
  else if (luck < 0.5) setBackground(deck, slide.id, random() < 0.5 ? 'board' : 'paper');
  else if (luck < 0.7) setGeometry(deck, slide.id, element, [random() * 900, random() * 500, 300, 200, 0]);
  else if (luck < 0.8) restack(deck, slide.id, element, random() < 0.5 ? 1 : -1, random);
  else if (element !== '') write(deck, slide.id, element, `Zeile ${Math.round(random() * 99)}`);
}
