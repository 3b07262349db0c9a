// Seeded stock Yjs clients of one document: they write, are cut off and come back; the server is killed under them.
// Speaks JSON lines: asks {"ask":"kill"} and waits for a line when the server is up again; ends with {"result":...}.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const [home, given] = process.argv.slice(2)
const { kind, url, document, tickets, seed, steps } = JSON.parse(given)
const require = createRequire(home + '/package.json')
const Y = require('yjs')
const WebSocket = require('ws')
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const say = (message) => process.stdout.write(JSON.stringify(message) + '\n')
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

let state = seed * 2654435761 >>> 0 || 1
const chance = () => { // mulberry32
  state = state + 0x6d2b79f5 >>> 0
  let t = Math.imul(state ^ state >>> 15, state | 1)
  t = t + Math.imul(t ^ t >>> 7, t | 61) ^ t
  return ((t ^ t >>> 14) >>> 0) / 4294967296
}
const below = (n) => Math.floor(chance() * n)

class Replica {
  constructor (ticket) {
    this.doc = new Y.Doc()
    this.cut = false
    if (kind === 'hocuspocus') {
      const { HocuspocusProvider, HocuspocusProviderWebsocket } = require('@hocuspocus/provider')
      this.line = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket, delay: 100, minDelay: 100, maxDelay: 1000 })
      this.provider = new HocuspocusProvider({ websocketProvider: this.line, name: document, document: this.doc })
      this.provider.attach()
    } else {
      const { WebsocketProvider } = require('y-websocket')
      const params = ticket ? { ticket } : {}
      const options = { params, WebSocketPolyfill: WebSocket, disableBc: true, maxBackoffTime: 1000 }
      this.line = this.provider = new WebsocketProvider(url, document, this.doc, options)
    }
    this.text = this.doc.getText('text')
    this.map = this.doc.getMap('map')
    this.list = this.doc.getArray('list')
  }

  synced () { return kind === 'hocuspocus' ? this.provider.isSynced : this.provider.synced }

  toggle () {
    this.cut = !this.cut
    if (this.cut) this.line.disconnect()
    else this.line.connect()
  }

  write () {
    const { text, map, list } = this
    const act = below(8)
    if (act < 3) text.insert(below(text.length + 1), ['a', 'Wort ', 'ü', '\n'][below(4)])
    else if (act === 3 && text.length) { const at = below(text.length); text.delete(at, Math.min(text.length - at, 1 + below(4))) }
    else if (act === 4) map.set('k' + below(9), below(1000))
    else if (act === 5) { const inner = new Y.Map(); inner.set('v', below(1000)); map.set('m' + below(5), inner) }
    else if (act === 6) list.insert(below(list.length + 1), [below(1000), 'x'])
    else if (list.length) list.delete(below(list.length), 1)
  }

  end () {
    this.provider.destroy()
    if (this.line !== this.provider) this.line.destroy()
  }
}

const sorted = (value) => value && typeof value === 'object' && !Array.isArray(value)
  ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])])) : value
const equal = (one, other) => Y.equalSnapshots(Y.snapshot(one.doc), Y.snapshot(other.doc)) &&
  JSON.stringify([one.text, one.map, one.list].map((it) => sorted(it.toJSON()))) ===
  JSON.stringify([other.text, other.map, other.list].map((it) => sorted(it.toJSON())))
const allEqual = (all) => all.every((one) => one.synced() && equal(one, all[0]))
const until = async (reached, ms) => {
  const end = Date.now() + ms
  while (!reached()) { if (Date.now() > end) return false; await pause(5) }
  return true
}
const kill = async () => { say({ ask: 'kill' }); await lines.next() }

const all = [new Replica(tickets[1])]
await until(() => all[0].synced(), 20000) // pycrdt-websocket fails where two come at once into a new document
all.push(...tickets.slice(2).map((ticket) => new Replica(ticket)))
const opened = await until(() => all.every((one) => one.synced()), 20000)
for (let step = 0; step < steps; step++) {
  const one = all[below(all.length)]
  if (chance() < 0.04) one.toggle()
  else one.write()
  if (step === steps >> 1) await kill()
  await pause(1 + below(4))
}
for (const one of all) if (one.cut) one.toggle()
const began = Date.now()
const equalAfterHealing = await until(() => allEqual(all), 20000)
const healed = Date.now() - began

// what somebody else has seen must survive: the writer, the reader and the server vanish at once
const [writer, reader] = all
const words = []
let seen = true
for (let n = 0; n < 20 && seen; n++) {
  words.push(`<${seed}.${n}>`)
  writer.text.insert(writer.text.length, words[n])
  seen = await until(() => reader.text.toString().includes(words[n]), 5000)
}
if (!seen) words.pop()
const whole = reader.text.length
for (const one of all) one.end()
await kill()
const late = new Replica(tickets[0])
const lateSynced = await until(() => late.synced(), 20000)
await pause(300)
const found = late.text.toString()
const lost = words.filter((word) => !found.includes(word)).length
say({ result: { opened, equal: equalAfterHealing, healed, seen: words.length, lost: lateSynced ? lost : words.length, characters_lost: Math.max(0, whole - found.length) } })
late.end()
process.exit(0)
