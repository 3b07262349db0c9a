// Opens documents with stock Yjs: reads (length, state) pairs from stdin, writes each document's state vector as a line of hex.
// A document that Yjs cannot open, or that leaves parts waiting, gets the reason in place of it.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const Y = createRequire(process.argv[2] + '/')('yjs')
const input = readFileSync(0)
for (let at = 0; at < input.length;) {
  const length = input.readUInt32BE(at)
  const state = input.subarray(at + 4, at + 4 + length)
  at += 4 + length
  let answer
  try {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, state)
    for (const type of doc.share.values()) for (let item = type._start; item; item = item.right) item.content.getContent()
    const { pendingStructs, pendingDs } = doc.store
    answer = pendingStructs || pendingDs ? 'parts are missing' : Buffer.from(Y.encodeStateVector(doc)).toString('hex')
  } catch (error) {
    answer = `cannot be opened: ${error.message}`
  }
  process.stdout.write(answer + '\n')
}
