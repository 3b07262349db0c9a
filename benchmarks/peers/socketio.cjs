// Node's Socket.IO as its documentation shows it: one room per channel, an ack, a message to the room. No storage.
// With WORKERS so many processes behind one port, joined by its Redis adapter; each numbers messages by itself then,
// since nothing here stores them: the one thing that Kreide does over its store and this does not do at all.
const cluster = require('node:cluster')
const { createServer } = require('node:http')
const { createRequire } = require('node:module')
const load = createRequire(process.env.PEERS_HOME + '/')

async function serve() {
  const { Server } = load('socket.io')
  const http = createServer((_request, response) => response.end('ok'))
  const io = new Server(http)
  if (process.env.REDIS) {
    const { createAdapter } = load('@socket.io/redis-adapter')
    const publisher = load('redis').createClient({ url: process.env.REDIS })
    const subscriber = publisher.duplicate()
    await Promise.all([publisher.connect(), subscriber.connect()])
    io.adapter(createAdapter(publisher, subscriber))
  }
  const heads = new Map()
  io.on('connection', (socket) => {
    const { channel, name } = socket.handshake.auth
    socket.join(channel)
    socket.on('chat:send', (message, ack) => {
      const seq = (heads.get(message.channel) ?? 0) + 1
      heads.set(message.channel, seq)
      const at = Date.now()
      const author = { id: socket.id, name, role: 'pupil' }
      io.to(message.channel).emit('chat:message', { ...message, seq, author, at, deleted: false })
      ack({ seq, at })
    })
  })
  http.listen(Number(process.env.PORT), '127.0.0.1')
}

const workers = Number(process.env.WORKERS ?? 1)
if (workers > 1 && cluster.isPrimary) for (let number = 0; number < workers; number++) cluster.fork()
else serve()
