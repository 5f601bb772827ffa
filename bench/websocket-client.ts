/**
 * WebSocket load: `node websocket-client.ts PORT COUNT`. Opens COUNT connections and prints `ready N`, N being those whose handshake was
 * answered. Then each line `SECONDS` on stdin is one closed-loop run, one message in flight per connection; each prints JSON.
 */
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { CLIENT_FRAME, ORIGIN_FRAME } from './websocket-frames.ts';

const [port = 0, count = 0] = process.argv.slice(2, 4).map(Number);
const OPENING_MAX = 64;
const handshake =
  'GET /socket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';

const open = new Set<Socket>();
let echoes = 0;
let wrong = 0;
let endBy = 0;

/** Counts the bytes of whole frames; the first byte of every chunk that starts one must be a frame's. */
function carry(socket: Socket): void {
  let received = 0;
  socket.on('data', (chunk) => {
    if (received === 0 && chunk[0] !== ORIGIN_FRAME[0]) wrong++;
    received += chunk.length;
    if (received < ORIGIN_FRAME.length) return;
    received -= ORIGIN_FRAME.length;
    echoes++;
    if (performance.now() < endBy) socket.write(CLIENT_FRAME);
  });
}

/** Resolves when the handshake is answered, or has failed. */
function openOne(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(handshake));
    let head = '';
    const onHead = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      if (!head.endsWith('\r\n\r\n')) return;
      socket.off('data', onHead);
      if (!head.startsWith('HTTP/1.1 101')) return void socket.destroy();
      open.add(socket);
      carry(socket);
      resolve();
    };
    socket.on('data', onHead);
    socket.on('error', () => {});
    socket.on('close', () => (open.delete(socket), resolve()));
  });
}

async function openAll(): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await openOne();
  };
  await Promise.all(Array.from({ length: OPENING_MAX }, lane));
}

function runFor(seconds: number): void {
  const opened = open.size;
  [echoes, wrong] = [0, 0];
  endBy = performance.now() + seconds * 1000;
  for (const socket of open) socket.write(CLIENT_FRAME);
  const done = (): void => {
    const failures = wrong + count - open.size;
    process.stdout.write(`${JSON.stringify({ echoes, seconds, connections: opened, failures })}\n`);
  };
  setTimeout(done, seconds * 1000 + 200); // the last echoes come within the 200 ms
}

await openAll();
process.stdout.write(`ready ${open.size}\n`);
createInterface({ input: process.stdin }).on('line', (line) => runFor(Number(line)));
