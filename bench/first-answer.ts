/**
 * How long a program takes until it answers: from its start, or from the first question, to the first whole reply of 200. It is asked over and
 * over on fresh connections, a millisecond apart, so that is the resolution; a connection that is taken is waited on.
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { FLEET_APP } from './fleet-subject.ts';
import { freePort, start, type Started } from './processes.ts';

const REQUEST = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n';
const DEADLINE_MS = 30_000;

/** Milliseconds from now to the first answer. */
export async function firstAnswerMs(port: number, from = performance.now()): Promise<number> {
  while (performance.now() - from < DEADLINE_MS) {
    if (await isAnswered(port)) return performance.now() - from;
    await sleep(1);
  }
  throw new Error(`port ${port} gave no answer of 200 within ${DEADLINE_MS / 1_000} s`);
}

/** Starts a program, waits for its first answer and stops it. @returns Milliseconds from the start. */
export async function startToAnswerMs(launch: () => Started, port: number): Promise<number> {
  const from = performance.now();
  const started = launch();
  try {
    return await firstAnswerMs(port, from);
  } finally {
    await started.stop();
  }
}

/** The plain program of the fleet rows, alone. */
export async function ownStartMs(): Promise<number> {
  const [program, ...parameters] = FLEET_APP;
  const port = await freePort();
  return startToAnswerMs(() => start('own-start', program!, parameters, { PORT: String(port), HOST: '127.0.0.1' }), port);
}

function isAnswered(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(REQUEST));
    socket.setTimeout(DEADLINE_MS, () => socket.destroy());
    socket.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => resolve(text.startsWith('HTTP/1.1 200') && text.endsWith('x')));
  });
}
