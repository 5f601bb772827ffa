/** Runs a program of the system to its end, with what it is given on stdin. */
import { spawn } from 'node:child_process';

export interface Ended {
  readonly code: number | null;
  /** Both streams, as they came. */
  readonly output: string;
}

export interface RunOptions {
  readonly input?: string;
  /** Stdin stays open this long: some programs end with it. */
  readonly inputOpenMs?: number;
  readonly timeoutMs?: number;
}

export function runProgram(program: string, words: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const { input = '', inputOpenMs = 0, timeoutMs = 10_000 } = options;
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString('latin1')));
  child.stdin.on('error', () => {});
  child.stdin.write(input);
  setTimeout(() => child.stdin.end(), inputOpenMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
