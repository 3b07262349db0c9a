// Hocuspocus as its documentation shows it, without storage.
const { createRequire } = require('node:module')
const { Server } = createRequire(process.env.PEERS_HOME + '/')('@hocuspocus/server')

new Server({ port: Number(process.env.PORT), address: '127.0.0.1', quiet: true }).listen()
