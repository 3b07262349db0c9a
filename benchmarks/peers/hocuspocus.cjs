// Hocuspocus as its documentation shows it; with STORE it keeps documents in that folder, by its database extension,
// with WORKERS it is so many processes behind one port, joined by its Redis extension.
const cluster = require('node:cluster')
const { createRequire } = require('node:module')
const { readFile, rename, writeFile } = require('node:fs/promises')
const load = createRequire(process.env.PEERS_HOME + '/')

function serve() {
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
  if (process.env.REDIS_PORT) {
    const { Redis } = load('@hocuspocus/extension-redis')
    extensions.push(new Redis({ host: '127.0.0.1', port: Number(process.env.REDIS_PORT) }))
  }
  new Server({ port: Number(process.env.PORT), address: '127.0.0.1', quiet: true, extensions }).listen()
}

const workers = Number(process.env.WORKERS ?? 1)
if (workers > 1 && cluster.isPrimary) for (let number = 0; number < workers; number++) cluster.fork()
else serve()
