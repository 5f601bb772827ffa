/**
 * TLS 1.3 handshakes, one after the other on each of some lanes: `node handshake-client.ts PORT SECONDS full|resumed`; prints JSON.
 * A full one ends when the server's session ticket has come, so that the server has done all of its part. A resumed one ends when it is done on our side, and counts
 * when the server has closed in its turn: Node sends no new ticket to who resumes, so that each lane keeps its own until it is given another.
 * Only the proxy's CPU is counted, so that this client may cost what it likes.
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
const counts = { handshakes: 0, resumed: 0, failures: 0 };

/** One connection, which resumes the session of `ticket` if there is one. Resolves when it is closed, with the newest ticket. */
function handshake(ticket: Buffer | undefined): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect(ticket === undefined ? options : { ...options, session: ticket });
    let newest = ticket;
    let isDone = false;
    const done = (): void => {
      if (isDone) return;
      isDone = true;
      if (socket.isSessionReused()) counts.resumed++;
      else if (ticket !== undefined) counts.failures++;
      socket.end();
    };
    socket.setTimeout(5000, () => socket.destroy());
    socket.on('session', (session) => {
      newest = session;
      done();
    });
    if (ticket !== undefined) socket.on('secureConnect', done);
    socket.on('error', () => {});
    socket.on('close', () => {
      if (isDone) counts.handshakes++;
      else counts.failures++;
      resolve(newest);
    });
    socket.resume();
  });
}

async function lane(): Promise<void> {
  let ticket: Buffer | undefined;
  while (performance.now() < endBy && counts.failures < 100) {
    const newest = await handshake(ticket);
    if (isResuming) ticket = newest;
  }
}

await Promise.all(Array.from({ length: LANES }, lane));
process.stdout.write(`${JSON.stringify(counts)}\n`);
