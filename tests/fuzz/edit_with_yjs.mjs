// What editors with stock Yjs send to a server, and what must come of it.
// make <client dir> <seed> <count>: a line of JSON for each world: {seed, sent: [[how, update]], state}, in base64.
// compare <client dir>: reads lines {seed, ours, state}; says what differs between the two states, or nothing.
// "lost": what it builds on did not arrive; the server has to ask for it.
import { createRequire } from 'node:module'
import { readFileSync, writeFileSync } from 'node:fs'

const [mode, folder, seed, count] = process.argv.slice(2)
const Y = createRequire(folder + '/')('yjs')
console.warn = () => {} // Yjs warns of types that are not in a document yet
let state = 0

/** mulberry32: the same worlds from the same seed. */
function random() {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}
const below = (most) => Math.floor(random() * most)
const pick = (list) => list[below(list.length)]
const chance = (p) => random() < p
const times = (most, work) => { for (let left = 1 + below(most); left > 0; left--) work() }

const KEYS = ['k', 'l', 'value']
const word = () => pick(['a', 'bc', 'Hallo', 'x y', '\n', 'ä', '€', '1'])
const value = () => pick([1, -5, 0.5, null, true, word(), [1, [2]], { a: { b: [] } }, new Uint8Array([1, 2])])

function shared(depth = 0) {
  const inner = () => (depth < 3 && chance(0.3) ? shared(depth + 1) : value())
  switch (below(5)) {
    case 0: return new Y.Map(Array.from({ length: below(3) }, () => [pick(KEYS), inner()]))
    case 1: return Y.Array.from(Array.from({ length: below(4) }, inner))
    case 2: return new Y.Text(word())
    case 3: return new Y.XmlText(word())
    default: return element(depth)
  }
}
function element(depth = 0) {
  const made = new Y.XmlElement(pick(['paragraph', 'heading']))
  if (chance(0.5)) made.setAttribute('level', pick(['1', '2']))
  made.insert(0, depth < 3 && chance(0.3) ? [element(depth + 1)] : [new Y.XmlText(word())])
  return made
}
const roots = (doc) => [doc.getMap('m'), doc.getArray('a'), doc.getText('t'), doc.getXmlFragment('x')]
function types(doc) {
  const found = []
  const look = (type) => {
    found.push(type)
    for (const item of type._map.values()) if (!item.deleted && item.content.type) look(item.content.type)
    for (let item = type._start; item; item = item.right) if (!item.deleted && item.content.type) look(item.content.type)
  }
  roots(doc).forEach(look)
  return found
}

function edit(doc) {
  const type = pick(types(doc))
  const length = type.length ?? 0
  const at = below(length + 1)
  const some = Math.min(length - at, 1 + below(4))
  if (type instanceof Y.Map) {
    if (chance(0.2)) type.delete(pick(KEYS))
    else { const key = pick(KEYS); times(4, () => type.set(key, chance(0.3) ? shared() : value())) } // replaced at once
  } else if (type instanceof Y.XmlElement && chance(0.4)) {
    const key = pick(['level', 'id'])
    if (chance(0.2)) type.removeAttribute(key)
    else times(4, () => type.setAttribute(key, pick(['1', '2', '3'])))
  } else if (type instanceof Y.Text) {
    if (chance(0.5) || some < 1) type.insert(at, word(), chance(0.3) ? pick([{ bold: true }, { link: { href: 'x' } }, { bold: null }]) : undefined)
    else if (chance(0.5)) type.delete(at, some)
    else if (chance(0.8)) type.format(at, some, pick([{ bold: true }, { bold: null }, { italic: true }]))
    else type.insertEmbed(at, { image: 'u' })
  } else if (chance(0.6) || some < 1) {
    type.insert(at, type instanceof Y.Array ? [chance(0.3) ? shared() : value()] : [chance(0.7) ? element() : new Y.XmlText(word())])
  } else if (chance(0.4)) { // moved, as editors move rows
    const one = type.get(at)
    const copy = one?.clone?.() ?? one
    type.delete(at, 1)
    type.insert(below(type.length + 1), [copy])
  } else type.delete(at, some)
}

function world(number) {
  state = number
  const server = new Y.Doc({ gc: chance(0.7) })
  const sent = []
  const people = []
  const hear = (update, how) => {
    sent.push([how, Buffer.from(update).toString('base64')])
    if (how === 'lost') return
    const news = []
    const note = (one) => news.push(one)
    server.on('update', note)
    Y.applyUpdate(server, update, 'net')
    server.off('update', note)
    for (const person of people) person.inbox.push(...news)
  }
  const join = () => {
    const doc = new Y.Doc({ gc: chance(0.7) })
    doc.clientID = chance(0.5) ? 1 + below(200) + people.length * 1000 : below(2 ** 32)
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(server), 'net')
    const person = { doc, inbox: [], own: [], away: false, undo: chance(0.7) ? new Y.UndoManager(roots(doc), { captureTimeout: chance(0.5) ? 0 : 500 }) : null }
    doc.on('update', (update, origin) => { if (origin !== 'net') person.own.push(update) })
    people.push(person)
  }
  const read = ({ doc, inbox }) => { for (const update of inbox.splice(0)) Y.applyUpdate(doc, update, 'net') }
  const difference = (person) => {
    person.own = []
    const known = Y.encodeStateVector(server)
    const whole = Y.encodeStateAsUpdate(person.doc)
    hear(pick([() => Y.encodeStateAsUpdate(person.doc, known), () => Y.diffUpdate(whole, known), () => whole])(), 'difference')
  }
  const tell = (person) => {
    const own = person.own.splice(0)
    if (own.length === 0) return
    if (chance(0.6)) own.forEach((update) => hear(update, 'live'))
    else if (chance(0.6) || own.length < 2) hear(Y.mergeUpdates(own), 'merged')
    else { own.slice(1).forEach((update) => hear(update, 'lost')); difference(person) }
  }
  times(3, join)
  times(90, () => {
    const person = pick(people)
    const what = random()
    if (what < 0.65) {
      if (person.undo && chance(0.2)) chance(0.6) ? person.undo.undo() : person.undo.redo()
      else person.doc.transact(() => times(chance(0.7) ? 1 : 5, () => edit(person.doc)))
      if (!person.away) tell(person)
    } else if (what < 0.85) { if (!person.away) read(person) }
    else if (what < 0.95) {
      person.away = !person.away
      if (!person.away) { if (chance(0.5)) read(person); chance(0.6) ? difference(person) : tell(person) }
    } else if (people.length < 5) join()
  })
  people.forEach(difference)
  return { seed: number, sent, state: Buffer.from(Y.encodeStateAsUpdate(server)).toString('base64') }
}

/** Without the marks of formats: Yjs itself deletes those that say nothing, each copy when it sees them. */
function plain(type) {
  if (type instanceof Y.Text) return type.toDelta().map(({ insert }) => (typeof insert === 'string' ? insert : 'something')).join('')
  if (type instanceof Y.XmlElement) return [type.nodeName, Object.entries(type.getAttributes()).sort(), type.toArray().map(plain)]
  if (type instanceof Y.XmlFragment || type instanceof Y.Array) return type.toArray().map(plain)
  if (type instanceof Y.Map) return Object.fromEntries([...type.keys()].sort().map((key) => [key, plain(type.get(key))]))
  return type?.constructor === Object ? Object.entries(type).sort(([a], [b]) => (a < b ? -1 : 1)) : type
}

function content(base64) {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, Buffer.from(base64, 'base64'))
  if (doc.store.pendingStructs || doc.store.pendingDs) return 'parts are missing'
  return JSON.stringify(roots(doc).map(plain))
}

if (mode === 'make') {
  for (let number = Number(seed); number < Number(seed) + Number(count); number++) writeFileSync(1, JSON.stringify(world(number)) + '\n')
} else {
  for (const line of readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
    const { seed: number, ours, state: theirs } = JSON.parse(line)
    if (content(ours) !== content(theirs)) console.log(`seed ${number}\n${content(ours)}\n${content(theirs)}`)
  }
}
