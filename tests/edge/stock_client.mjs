// A stock Yjs client: y-websocket's provider as it is. Reads commands from stdin, one JSON a line; answers on stdout.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { dirname, join } from 'node:path'

const [folder, url, room] = process.argv.slice(2)
const require = createRequire(join(folder, 'package.json'))
const load = async (name, entry) => import(pathToFileURL(join(dirname(require.resolve(`${name}/package.json`)), entry)))
const Y = await load('yjs', 'dist/yjs.mjs')
const { WebsocketProvider } = await load('y-websocket', 'src/y-websocket.js')
const { default: WebSocket } = await load('ws', 'wrapper.mjs')

const doc = new Y.Doc()
const provider = new WebsocketProvider(url, room, doc, { WebSocketPolyfill: WebSocket, disableBc: true })
const text = doc.getText('text')
const say = (message) => process.stdout.write(JSON.stringify(message) + '\n')
const closes = []
let own = 0 // updates that this client made
doc.on('update', (_, origin) => { if (origin !== provider) own += 1 })
provider.on('connection-close', (event) => event && closes.push(event.code))

createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line)
  if (command.insert !== undefined) text.insert(text.length, command.insert)
  if (command.show !== undefined) provider.awareness.setLocalStateField('cursor', command.show)
  if (command.end) { provider.destroy(); process.exit(0) }
  say({
    text: text.toString(),
    slides: [...doc.getMap('slides').keys()],
    rows: doc.getMap('rows').size,
    synced: provider.synced,
    closes,
    own,
    people: [...provider.awareness.getStates()].filter(([id]) => id !== doc.clientID).map(([, state]) => state),
  })
})
