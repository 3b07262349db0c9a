/**
 * The letters of texts and cells with who wrote them, read from the ids that Yjs gave them. Laws: pure; only what is asked
 * for is read, so the cost is that of what is shown. Neighbouring letters of one person and time are one span.
 */
import * as Y from 'yjs';
import type { Book, By } from './book';

export interface Span {
  readonly text: string;
  readonly by: By;
}

/** The lines of a text box, as `paragraphsOf` of deck/text.ts reads them, in spans. */
export function spansOf(fragment: Y.XmlFragment, book: Book): Span[][] {
  const lines: Span[][] = [];
  for (const child of fragment.toArray()) {
    if (child instanceof Y.XmlElement) lines.push(child.toArray().flatMap((node) => (node instanceof Y.XmlText ? spansIn(node, book) : [])));
    else if (child instanceof Y.XmlText) lines.push(spansIn(child, book));
  }
  return lines;
}

function spansIn(text: Y.XmlText, book: Book): Span[] {
  const spans: Span[] = [];
  for (let item = text._start; item !== null; item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentString)) continue;
    const { client, clock } = item.id;
    const said = item.content.str;
    for (let from = 0; from < said.length; ) {
      const { by, until } = book.at(client, clock + from);
      const to = Math.min(said.length, until - clock);
      append(spans, said.slice(from, to), by);
      from = to;
    }
  }
  return spans;
}

function append(spans: Span[], text: string, by: By): void {
  const last = spans.at(-1);
  if (last !== undefined && same(last.by, by)) spans[spans.length - 1] = { text: last.text + text, by: last.by };
  else spans.push({ text, by });
}

const CLOSE = 10 * 60_000;
const same = (a: By, b: By) => a.person === b.person && (a.at === b.at || Math.abs((a.at ?? 0) - (b.at ?? 0)) < CLOSE);

/** Who wrote the value of a key; null: there is none. */
export function byOf(map: Y.Map<unknown> | undefined, key: string, book: Book): By | null {
  const item = map?._map.get(key);
  if (item === undefined || item.deleted) return null;
  return book.at(item.id.client, item.id.clock).by;
}
