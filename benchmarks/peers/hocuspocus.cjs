// Hocuspocus as its documentation shows it; with STORE it keeps documents in that folder, by its database extension.
const { createRequire } = require('node:module')
const { readFile, rename, writeFile } = require('node:fs/promises')
const load = createRequire(process.env.PEERS_HOME + '/')
const { Server } = load('@hocuspocus/server')

const extensions = []
if (process.env.STORE) {
  const { Database } = load('@hocuspocus/extension-database')
  const file = (name) => `${process.env.STORE}/${encodeURIComponent(name)}`
  extensions.push(new Database({
    fetch: ({ documentName }) => readFile(file(documentName)).catch(() => null),
    store: async ({ documentName, state }) => {
      await writeFile(file(documentName) + '.new', state)
      await rename(file(documentName) + '.new', file(documentName))
    },
  }))
}
new Server({ port: Number(process.env.PORT), address: '127.0.0.1', quiet: true, extensions }).listen()
