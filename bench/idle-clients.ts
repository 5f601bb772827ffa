/**
 * Holds idle keep-alive connections, after one request on each: `node idle-clients.ts PORT COUNT`. Prints `ready COUNT` when every
 * connection has had its answer, and then stays until it is killed. At most 64 requests are in flight, so that the proxy keeps few
 * upstream connections.
 */
import { connect } from 'node:net';

const [port = 0, count = 0] = process.argv.slice(2, 4).map(Number);
const request = 'GET /small HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
let opened = 0;
let answered = 0;
let failed = 0;

function openNext(): void {
  if (opened === count) return;
  opened++;
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('connect', () => socket.write(request));
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    if (!received.startsWith('HTTP/1.1 200') || !received.endsWith('x'.repeat(64))) return;
    answered++;
    settled();
  });
  socket.on('close', () => (failed++, settled()));
}

function settled(): void {
  if (answered + failed === count) process.stdout.write(`ready ${answered}\n`);
  openNext();
}

for (let index = 0; index < 64; index++) openNext();
