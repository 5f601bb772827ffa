/**
 * TLS 1.3 handshakes, one after the other on each of some lanes: `node handshake-client.ts PORT SECONDS full|resumed`; prints JSON.
 * A handshake ends when the server's session ticket has come, so that the server has done all of its part; then the connection ends.
 * A resumed one uses each ticket once. Only the proxy's CPU is counted, so that this client may cost what it likes.
 */
import { connect } from 'node:tls';

const [port = 0, seconds = 3] = process.argv.slice(2, 4).map(Number);
const isResuming = process.argv[4] === 'resumed';
const LANES = 16;
/** One key exchange for all: a newer OpenSSL would else choose a hybrid one with those servers that know it, which is other work. */
const options = {
  port,
  host: '127.0.0.1',
  servername: 'localhost',
  minVersion: 'TLSv1.3',
  ecdhCurve: 'X25519',
  rejectUnauthorized: false,
} as const;
const endBy = performance.now() + seconds * 1000;
const tickets: Buffer[] = [];
const counts = { handshakes: 0, resumed: 0, failures: 0 };

/** One connection; resolves when it is closed. */
function handshake(session: Buffer | undefined): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(session === undefined ? options : { ...options, session });
    let isDone = false;
    socket.setTimeout(5000, () => socket.destroy());
    socket.on('session', (ticket) => {
      if (isResuming && tickets.length < 4 * LANES) tickets.push(ticket);
      if (isDone) return;
      isDone = true;
      counts.handshakes++;
      if (socket.isSessionReused()) counts.resumed++;
      socket.end();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      if (!isDone) counts.failures++;
      resolve();
    });
    socket.resume();
  });
}

async function lane(): Promise<void> {
  while (performance.now() < endBy && counts.failures < 100) await handshake(isResuming ? tickets.shift() : undefined);
}

await Promise.all(Array.from({ length: LANES }, lane));
process.stdout.write(`${JSON.stringify(counts)}\n`);
