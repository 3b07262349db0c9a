/**
 * Authors' spans in an open text: decorations of ProseMirror, which are no part of the text. Laws: between two readings they
 * move along with what is typed; they are read anew when told, never with a key.
 */
import { Plugin, PluginKey } from 'prosemirror-state';
import type { Node } from 'prosemirror-model';
import { Decoration, DecorationSet, type EditorView } from 'prosemirror-view';
import { colourOf } from './said';
import type { Span } from './spans';

const KEY = new PluginKey<DecorationSet>('authors');

export const authorMarks = new Plugin<DecorationSet>({
  key: KEY,
  state: {
    init: () => DecorationSet.empty,
    apply: (transaction, before) => (transaction.getMeta(KEY) as DecorationSet | undefined) ?? before.map(transaction.mapping, transaction.doc),
  },
  props: { decorations: (state) => KEY.getState(state) },
});

/** Show the lines' spans; null: none. */
export function markAuthors(view: EditorView, lines: readonly (readonly Span[])[] | null): void {
  if (!view.isDestroyed) view.dispatch(view.state.tr.setMeta(KEY, lines === null ? DecorationSet.empty : decorated(view.state.doc, lines)));
}

function decorated(doc: Node, lines: readonly (readonly Span[])[]): DecorationSet {
  const found: Decoration[] = [];
  doc.forEach((paragraph, start, index) => {
    let from = start + 1;
    const end = from + paragraph.content.size;
    for (const { text, by } of lines[index] ?? []) {
      const to = Math.min(end, from + text.length);
      if (to > from) found.push(Decoration.inline(from, to, { class: by.person === null ? 'by nobody' : 'by', style: `--by: ${colourOf(by)}` }));
      from = to;
    }
  });
  return DecorationSet.create(doc, found);
}
