/** Debian's aiosmtpd on a free port of the loopback: it takes every mail, and prints it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { freePort } from '../../src/io/ports.ts';
import { eventually } from './waiting.ts';

export interface MailServer extends AsyncDisposable {
  readonly url: string;
  /** All that it printed so far: headers and bodies as they came. */
  output(): string;
}

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export async function startMailServer(): Promise<MailServer> {
  const port = await freePort('127.0.0.1');
  // Not as another user: it would have to be root to change.
  const child = spawn('aiosmtpd', ['--nosetuid', '--listen', `127.0.0.1:${port}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONUNBUFFERED: '1' },
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (output += part.toString('utf8')));
  const exited = once(child, 'exit').finally(() => running.delete(child));
  await eventually(15_000, 'aiosmtpd listens', () => isOpen(port));
  return {
    url: `smtp://127.0.0.1:${port}`,
    output: () => output,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
