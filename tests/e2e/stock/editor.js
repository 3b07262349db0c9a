// A page of somebody else: stock ProseMirror, y-prosemirror and the y-websocket provider on the notes of a deck's first slide.
import { baseKeymap } from 'prosemirror-commands'
import { keymap } from 'prosemirror-keymap'
import { Schema } from 'prosemirror-model'
import { EditorState } from 'prosemirror-state'
import { EditorView } from 'prosemirror-view'
import { redo, undo, yCursorPlugin, ySyncPlugin, yUndoPlugin } from 'y-prosemirror'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

const schema = new Schema({
  nodes: {
    doc: { content: 'paragraph+' },
    paragraph: { content: 'text*', toDOM: () => ['p', 0] },
    text: {},
  },
})
const doc = new Y.Doc()
const provider = new WebsocketProvider(`${location.origin.replace('http', 'ws')}/collab`, location.hash.slice(1), doc)
provider.once('sync', () => {
  const [slide] = doc.getMap('slides').values()
  new EditorView(document.body, {
    state: EditorState.create({
      schema,
      plugins: [
        ySyncPlugin(slide.get('notes')),
        yCursorPlugin(provider.awareness),
        yUndoPlugin(),
        keymap({ 'Mod-z': undo, 'Mod-y': redo }),
        keymap(baseKeymap),
      ],
    }),
  })
})
