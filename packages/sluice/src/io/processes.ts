/**
 * Starts programs, each in a process group of its own: what a program starts ends with it, and a Ctrl-C in the terminal reaches only
 * us, so that we end them in order. No group outlives us: normal ends and exceptions kill what is left in an `exit` handler; for
 * our own SIGKILL a guard (one idle `sh`) waits for the end of a pipe and then kills the groups it was told of.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { LineSplitter } from './lines.ts';

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
  if (pid !== null) groups.add(pid);
  forwardLines(child, options.line);
  let hasEnded = false;
  const end = (reason: string): void => {
    if (hasEnded) return;
    hasEnded = true;
    if (pid !== null) {
      killGroup(pid, 'SIGKILL'); // what it started and left behind
      groups.remove(pid);
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

/**
 * Has the process group `pid` killed when we end, however we end. For processes that were started elsewhere, with `detached`.
 * @returns Takes it back, once the process is gone.
 */
export function endWithUs(pid: number): () => void {
  groups.add(pid);
  return () => groups.remove(pid);
}

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

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the whole group is gone already.
  }
}

/** Reads `add PID` and `remove PID`; at the end of its input (we are gone) kills the groups that are left. */
const GUARD_SCRIPT = `
trap '' INT TERM HUP
groups=' '
while read -r verb pid; do
  case $verb in
    add) groups="$groups$pid " ;;
    remove) groups="\${groups%% $pid *} \${groups#* $pid }" ;;
  esac
done
for pid in $groups; do kill -9 "-$pid" 2>/dev/null; done
`;

/** The groups that run, and who kills them when we cannot. */
class ProcessGroups {
  readonly #pids = new Set<number>();
  #guard: ChildProcess | null = null;
  #isHooked = false;

  add(pid: number): void {
    this.#pids.add(pid);
    if (!this.#isHooked) process.on('exit', () => this.#killAll());
    this.#isHooked = true;
    this.#tell(`add ${pid}\n`);
  }

  remove(pid: number): void {
    this.#pids.delete(pid);
    this.#tell(`remove ${pid}\n`);
  }

  #killAll(): void {
    for (const pid of this.#pids) killGroup(pid, 'SIGKILL');
  }

  #tell(line: string): void {
    if (this.#guard === null) {
      this.#guard = startGuard(() => (this.#guard = null));
      line = [...this.#pids].map((pid) => `add ${pid}\n`).join('');
    }
    this.#guard.stdin?.write(line);
  }
}

function startGuard(gone: () => void): ChildProcess {
  const guard = spawn('/bin/sh', ['-c', GUARD_SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.on('error', gone);
  guard.on('exit', gone);
  guard.stdin?.on('error', gone);
  // It must not keep us alive.
  guard.unref();
  (guard.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return guard;
}

const groups = new ProcessGroups();
