/**
 * The deck inside a Yjs document: reading it in order, and every change as one transaction. Pure on the document.
 *
 * Laws: geometry is one key, written once when a drag ends; reading order is drawing order (z); ids are never reused, also
 * not by a copy.
 */
import * as Y from 'yjs';
import { byPosition, positionsAt, type Placed, type Random } from '../position';
import { ALIGNS, BACKGROUNDS, COLORS, EDIT, KINDS, oneOf, POS, randomId, SIZES, SLIDE_HEIGHT, SLIDE_WIDTH } from '../schema';
import type { Align, Background, Color, ElementKind, Geometry, Shape, Size } from '../schema';
import { geometryOf, settled } from './geometry';
import { fragmentOf, paragraphsOf, textOf } from './text';

export interface Deck {
  readonly doc: Y.Doc;
  readonly slides: Y.Map<Shape>;
}

export interface Element extends Placed {
  readonly kind: ElementKind;
  readonly g: Geometry;
  readonly color: Color | null;
  readonly fill: Color | null;
  readonly size: Size;
  readonly align: Align;
  readonly alt: string;
  /** Content hash of a picture; empty: none. */
  readonly src: string;
  readonly body: Y.XmlFragment | null;
  readonly lines: readonly string[];
}

export interface Slide extends Placed {
  readonly bg: Background;
  readonly elements: readonly Element[];
  readonly notes: Y.XmlFragment | null;
}

const TITLE_AT: Geometry = [100, 70, 1400, 110, 0];
const TEXT_AT: Geometry = [100, 230, 680, 300, 0];
const STAGGER = 40;
const IMAGE_MOST = { width: 900, height: 560 };
const HASH = /^[0-9a-f]{64}$/;

export function deckOf(doc: Y.Doc): Deck {
  return { doc, slides: doc.getMap('slides') };
}

export function slidesOf(deck: Deck): Slide[] {
  const found: Slide[] = [];
  for (const [id, shape] of deck.slides) {
    const slide = shape instanceof Y.Map ? readSlide(id, shape) : null;
    if (slide !== null) found.push(slide);
  }
  return found.sort(byPosition);
}

export function readSlide(id: string, shape: Shape): Slide | null {
  const pos = shape.get(POS);
  if (typeof pos !== 'string') return null;
  const notes = shape.get('notes');
  return {
    id,
    pos,
    bg: oneOf(BACKGROUNDS, shape.get('bg')) ?? 'board',
    elements: readElements(shape.get('els')),
    notes: notes instanceof Y.XmlFragment ? notes : null,
  };
}

function readElements(els: unknown): Element[] {
  if (!(els instanceof Y.Map)) return [];
  const found: Element[] = [];
  for (const [id, shape] of els as Y.Map<unknown>) {
    const element = shape instanceof Y.Map ? readElement(id, shape as Shape) : null;
    if (element !== null) found.push(element);
  }
  return found.sort(byPosition);
}

function readElement(id: string, shape: Shape): Element | null {
  const kind = oneOf(KINDS, shape.get('k'));
  const g = geometryOf(shape.get('g'));
  const pos = shape.get('z');
  if (kind === undefined || g === null || typeof pos !== 'string') return null;
  const body = shape.get('body');
  const alt = shape.get('alt');
  const src = shape.get('src');
  const fragment = body instanceof Y.XmlFragment ? body : null;
  return {
    id,
    pos,
    kind,
    g,
    color: oneOf(COLORS, shape.get('color')) ?? null,
    fill: oneOf(COLORS, shape.get('fill')) ?? null,
    size: oneOf(SIZES, shape.get('size')) ?? (kind === 'title' ? 'l' : 'm'),
    align: oneOf(ALIGNS, shape.get('align')) ?? 'start',
    alt: typeof alt === 'string' ? alt : '',
    src: typeof src === 'string' && HASH.test(src) ? src : '',
    body: fragment,
    lines: paragraphsOf(fragment),
  };
}

/** What a slide is called in the sorter: its title, else its first text. */
export function slideTitle(slide: Slide): string {
  const named = slide.elements.find(({ kind, lines }) => kind === 'title' && lines.join('').trim() !== '');
  const other = named ?? slide.elements.find(({ lines }) => lines.join('').trim() !== '');
  return other?.lines.find((line) => line.trim() !== '')?.trim() ?? '';
}

function elementsOf(deck: Deck, slide: string): Y.Map<Shape> | null {
  const els = deck.slides.get(slide)?.get('els');
  return els instanceof Y.Map ? (els as Y.Map<Shape>) : null;
}

function present(deck: Deck): Placed[] {
  return slidesOf(deck).map(({ id, pos }) => ({ id, pos }));
}

/** Insert a slide with an empty title before `index` and return its id. */
export function addSlide(deck: Deck, index: number, bg: Background, random: Random = Math.random): string {
  const [pos] = positionsAt(present(deck), index, 1, random);
  const id = newId(random);
  const title = newElement('title', TITLE_AT, 'U', ['']);
  const els = new Y.Map<unknown>([[newId(random), title]]);
  const parts: [string, unknown][] = [[POS, pos], ['bg', bg], ['els', els], ['ink', new Y.Map()], ['notes', new Y.XmlFragment()]];
  deck.doc.transact(() => deck.slides.set(id, new Y.Map(parts)), EDIT);
  return id;
}

/** Copy a slide behind itself; text and geometry are copied, ids are new. Returns the id of the copy. */
export function duplicateSlide(deck: Deck, slide: string, random: Random = Math.random): string | null {
  const source = slidesOf(deck).find(({ id }) => id === slide);
  const shape = deck.slides.get(slide);
  if (source === undefined || shape === undefined) return null;
  const list = present(deck);
  const [pos] = positionsAt(list, list.findIndex(({ id }) => id === slide) + 1, 1, random);
  const copies = source.elements.map((element): [string, unknown] => [newId(random), elementsOf(deck, slide)?.get(element.id)?.clone()]);
  const id = newId(random);
  const ink = shape.get('ink');
  const parts: [string, unknown][] = [
    [POS, pos],
    ['bg', source.bg],
    ['els', new Y.Map(copies)],
    ['ink', ink instanceof Y.Map ? ink.clone() : new Y.Map()],
    ['notes', fragmentOf(paragraphsOf(source.notes))],
  ];
  deck.doc.transact(() => deck.slides.set(id, new Y.Map(parts)), EDIT);
  return id;
}

export function removeSlide(deck: Deck, slide: string): void {
  deck.doc.transact(() => deck.slides.delete(slide), EDIT);
}

/** Move a slide to stand before `index` of the present order. */
export function moveSlide(deck: Deck, slide: string, index: number, random: Random = Math.random): void {
  const list = present(deck);
  const from = list.findIndex(({ id }) => id === slide);
  if (from < 0 || index === from || index === from + 1) return;
  const others = list.filter(({ id }) => id !== slide);
  const [pos] = positionsAt(others, index > from ? index - 1 : index, 1, random);
  deck.doc.transact(() => deck.slides.get(slide)?.set(POS, pos), EDIT);
}

export function setBackground(deck: Deck, slide: string, bg: Background): void {
  deck.doc.transact(() => deck.slides.get(slide)?.set('bg', bg), EDIT);
}

/** Add an empty text box on top of a slide and return its id. */
export function addText(deck: Deck, slide: string, random: Random = Math.random): string | null {
  const els = elementsOf(deck, slide);
  if (els === null) return null;
  const there = readElements(els);
  const taken = (x: number, y: number) => there.some(({ g }) => g[0] === x && g[1] === y);
  let [x, y] = TEXT_AT;
  while (taken(x, y) && y < 700) [x, y] = [x + STAGGER, y + STAGGER];
  const [z = 'U'] = positionsAt(there, there.length, 1, random);
  const id = newId(random);
  deck.doc.transact(() => els.set(id, newElement('text', [x, y, TEXT_AT[2], TEXT_AT[3], 0], z, [''])), EDIT);
  return id;
}

/** Put a picture of so many pixels in the middle of a slide, as large as fits, and return its id. */
export function addImage(deck: Deck, slide: string, src: string, width: number, height: number, random: Random = Math.random): string | null {
  const els = elementsOf(deck, slide);
  if (els === null) return null;
  const there = readElements(els);
  const scale = Math.min(IMAGE_MOST.width / width, IMAGE_MOST.height / height);
  const [w, h] = [width * scale, height * scale];
  const shift = STAGGER * there.filter(({ kind }) => kind === 'image').length;
  const g = settled([(SLIDE_WIDTH - w) / 2 + (shift % 200), (SLIDE_HEIGHT - h) / 2 + (shift % 200), w, h, 0]);
  const [z = 'U'] = positionsAt(there, there.length, 1, random);
  const id = newId(random);
  deck.doc.transact(() => els.set(id, new Y.Map<unknown>([['k', 'image'], ['g', [...g]], ['z', z], ['src', src]])), EDIT);
  return id;
}

function newElement(kind: ElementKind, g: Geometry, z: string, lines: readonly string[]): Shape {
  return new Y.Map<unknown>([['k', kind], ['g', [...g]], ['z', z], ['body', fragmentOf(lines)]]);
}

export function removeElement(deck: Deck, slide: string, element: string): void {
  deck.doc.transact(() => elementsOf(deck, slide)?.delete(element), EDIT);
}

export function setGeometry(deck: Deck, slide: string, element: string, g: Geometry): void {
  const shape = elementsOf(deck, slide)?.get(element);
  const before = geometryOf(shape?.get('g'));
  const after = settled(g);
  if (shape === undefined || before?.every((number, index) => number === after[index])) return;
  deck.doc.transact(() => shape.set('g', [...after]), EDIT);
}

export interface ElementLook {
  readonly color?: Color | null;
  readonly size?: Size;
  readonly align?: Align;
  readonly alt?: string;
}

export function setLook(deck: Deck, slide: string, element: string, look: ElementLook): void {
  const shape = elementsOf(deck, slide)?.get(element);
  if (shape === undefined) return;
  deck.doc.transact(() => {
    for (const [key, value] of Object.entries(look)) {
      if (value === null || value === '') shape.delete(key);
      else shape.set(key, value);
    }
  }, EDIT);
}

/** Draw and read an element one place earlier (-1) or later (1). */
export function restack(deck: Deck, slide: string, element: string, by: -1 | 1, random: Random = Math.random): void {
  const els = elementsOf(deck, slide);
  if (els === null) return;
  const there = readElements(els);
  const from = there.findIndex(({ id }) => id === element);
  const to = from + by;
  if (from < 0 || to < 0 || to >= there.length) return;
  const [z] = positionsAt(there.filter(({ id }) => id !== element), to, 1, random);
  deck.doc.transact(() => els.get(element)?.set('z', z), EDIT);
}

/** Everything a deck says, for saving work that could not be stored. */
export function deckText(deck: Deck): string {
  return slidesOf(deck)
    .map((slide) => [...slide.elements.map(({ body }) => textOf(body)), textOf(slide.notes)].filter((part) => part !== '').join('\n'))
    .join('\n\n');
}

function newId(random: Random): string {
  return randomId(random === Math.random ? undefined : random);
}
