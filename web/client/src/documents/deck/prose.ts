/**
 * The text editor of a box: ProseMirror on the box's XmlFragment, paragraphs of plain text. Loaded when somebody writes.
 * What is written is undone by the editor's one undo, so this file only names its origin.
 */
import { baseKeymap, splitBlock } from 'prosemirror-commands';
import { keymap } from 'prosemirror-keymap';
import { Schema } from 'prosemirror-model';
import { EditorState, Selection } from 'prosemirror-state';
import { EditorView } from 'prosemirror-view';
import type { Awareness } from 'y-protocols/awareness';
import { initProseMirrorDoc, yCursorPlugin, ySyncPlugin, ySyncPluginKey } from 'y-prosemirror';
import type * as Y from 'yjs';
import { shortName } from '../../state/names';
import { authorMarks, markAuthors } from '../authors/marks';
import type { Span } from '../authors/spans';

const schema = new Schema({
  nodes: {
    doc: { content: 'paragraph+' },
    paragraph: { content: 'text*', group: 'block', parseDOM: [{ tag: 'p' }], toDOM: () => ['p', { dir: 'auto' }, 0] },
    text: { group: 'inline' },
  },
});

/** The origin of what is typed here. */
export const TYPED: unknown = ySyncPluginKey;

export interface TextDesk {
  readonly awareness: Awareness;
  readonly label: string;
  readonly undo: () => void;
  readonly redo: () => void;
  /** Escape: the text is done. */
  readonly leave: () => void;
}

export interface MountedText {
  readonly unmount: () => void;
  /** Show who wrote what; null: do not. */
  readonly mark: (lines: readonly (readonly Span[])[] | null) => void;
}

/** Put an editor into `place`. */
export function mountText(place: HTMLElement, fragment: Y.XmlFragment, desk: TextDesk): MountedText {
  const known = fragment.length > 0 ? initProseMirrorDoc(fragment, schema) : null;
  const run = (act: () => void) => () => {
    act();
    return true;
  };
  const state = EditorState.create({
    schema,
    ...(known === null ? {} : { doc: known.doc }),
    plugins: [
      known === null ? ySyncPlugin(fragment) : ySyncPlugin(fragment, { mapping: known.mapping }),
      yCursorPlugin(desk.awareness, { cursorBuilder: buildCursor }),
      keymap({ 'Mod-z': run(desk.undo), 'Mod-y': run(desk.redo), 'Mod-Shift-z': run(desk.redo), Escape: run(desk.leave), 'Shift-Enter': splitBlock }),
      keymap(baseKeymap),
      authorMarks,
    ],
  });
  const view: EditorView = new EditorView({ mount: place }, {
    state,
    // y-prosemirror still speaks from timers when the text is already closed.
    dispatchTransaction: (transaction) => {
      if (!view.isDestroyed) view.updateState(view.state.apply(transaction));
    },
    attributes: { role: 'textbox', 'aria-multiline': 'true', 'aria-label': desk.label },
  });
  view.dispatch(view.state.tr.setSelection(Selection.atEnd(view.state.doc)));
  view.focus();
  return { unmount: () => view.destroy(), mark: (lines) => markAuthors(view, lines) };
}

/** A caret in the person's colour with the name on it; the server stamps both. */
function buildCursor(user: unknown): HTMLElement {
  const { name, colour } = user as { name?: unknown; colour?: unknown };
  const caret = document.createElement('span');
  caret.className = 'peer-caret';
  caret.ariaHidden = 'true'; // a name is no part of the text
  const number = typeof colour === 'number' ? ((Math.trunc(colour) % 8) + 8) % 8 : 0;
  caret.style.setProperty('--who', `var(--person-${number + 1})`);
  const label = document.createElement('b');
  label.textContent = typeof name === 'string' ? shortName(name, []) : '';
  caret.append(label);
  return caret;
}
