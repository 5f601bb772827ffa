/**
 * Starts programs, each in a process group of its own: what a program starts ends with it, and a Ctrl-C in the terminal reaches only
 * us, so that we end them in order. No group outlives us (`process-groups.ts`).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { LineSplitter } from './lines.ts';
import { endWithUs, killGroup } from './process-groups.ts';

export { endWithUs };

export interface ProcessOptions {
  /** The program and its arguments; no shell. */
  readonly command: readonly string[];
  /** Added to our own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | null;
  readonly line: (stream: 'stdout' | 'stderr', line: string) => void;
  /** Called once, also when the program could not be started. */
  readonly exited: (end: ProcessEnd) => void;
}

export interface ProcessEnd {
  /** "exit code 1", "signal SIGKILL", "not found: nodd". */
  readonly reason: string;
  /** Whether a process was there at all. */
  readonly hasStarted: boolean;
}

/** A started program. */
export interface RunningProcess {
  readonly pid: number | null;
  /** Sends the signal to the whole group; harmless after its end. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export type StartProcess = (options: ProcessOptions) => RunningProcess;

/** Runs the program, its output line by line to `line`. */
export const startProcess: StartProcess = (options) => {
  const [program = '', ...args] = options.command;
  const child = spawn(program, args, {
    cwd: options.cwd ?? undefined,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const pid = child.pid ?? null;
  const forget = pid === null ? () => {} : endWithUs(pid);
  forwardLines(child, options.line);
  let hasEnded = false;
  const end = (reason: string): void => {
    if (hasEnded) return;
    hasEnded = true;
    if (pid !== null) {
      killGroup(pid, 'SIGKILL'); // what it started and left behind
      forget();
    }
    options.exited({ reason, hasStarted: pid !== null });
  };
  child.on('error', (error: NodeJS.ErrnoException) => end(startFailure(program, options.cwd, error)));
  child.on('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
  return {
    pid,
    kill: (signal) => {
      if (pid !== null && !hasEnded) killGroup(pid, signal);
    },
  };
};

function startFailure(program: string, cwd: string | null, error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return cwd === null ? `not found: ${program}` : `not found: ${program} (or its directory ${cwd})`;
  if (error.code === 'EACCES') return `not executable: ${program}`;
  return `could not be started: ${error.message}`;
}

function forwardLines(child: ChildProcess, line: ProcessOptions['line']): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = child[name];
    if (stream === null) continue;
    const splitter = new LineSplitter((text) => line(name, text));
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => splitter.push(text));
    stream.on('close', () => splitter.end());
  }
}
