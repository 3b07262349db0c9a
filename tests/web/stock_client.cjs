// One stock socket.io-client: joins, sends 200 messages at once, reports what it saw as JSON.
const { createRequire } = require('node:module');
const [modules, url, ticket, transports] = process.argv.slice(2);
const { io } = createRequire(modules + '/')('socket.io-client');
const options = transports === 'default' ? {} : { transports: [transports] };
const socket = io(url, { auth: { ticket }, reconnection: false, ...options });
const heard = [];
const acked = [];
socket.on('connect_error', (error) => {
  console.log(JSON.stringify({ refused: error.data }));
  process.exit(0);
});
socket.on('chat:message', (message) => {
  heard.push(message.seq);
  if (heard.length === 200 && acked.length === 200) finish();
});
socket.on('session:hello', async () => {
  const { state } = await socket.emitWithAck('room:join', { meeting: 'demo-lesson' });
  socket.state = state;
  for (let number = 0; number < 200; number++) {
    const message = { channel: 'demo-class', text: `m${number}`, client_id: `${transports}${number}` };
    socket.emit('chat:send', message, (answer) => {
      acked.push(answer.seq);
      if (heard.length === 200 && acked.length === 200) finish();
    });
  }
});
function finish() {
  const transport = socket.io.engine.transport.name;
  console.log(JSON.stringify({ state: socket.state, transport, acked, heard }));
  socket.disconnect();
}
