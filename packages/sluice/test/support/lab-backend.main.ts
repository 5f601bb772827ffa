/** A backend in a lab: says its name and whom it sees, then echoes lines; the same per datagram. Arguments: name, port. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { answerCommands } from './lab-commands.ts';

const [name = '', port = '8080'] = process.argv.slice(2);

const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.write(`${name} ${plain(socket.remoteAddress ?? '')}\n`);
  socket.on('data', (chunk) => socket.write(chunk));
});
server.listen(Number(port), '::');
await once(server, 'listening');

const datagrams = createSocket({ type: 'udp6' });
datagrams.on('message', (_message, from) => datagrams.send(`${name} ${plain(from.address)}`, from.port, from.address));
datagrams.bind(Number(port));
await once(datagrams, 'listening');

function plain(address: string): string {
  return address.replace(/^::ffff:/, '');
}

answerCommands({});
