// Node's Socket.IO as its documentation shows it: one room per channel, an ack, a message to the room. No storage.
const { createServer } = require('node:http')
const { createRequire } = require('node:module')
const { Server } = createRequire(process.env.PEERS_HOME + '/')('socket.io')

const http = createServer((_request, response) => response.end('ok'))
const io = new Server(http)
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
