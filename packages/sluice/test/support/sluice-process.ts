/** The real command as a child process: its lines as they come, its end, and no leftovers. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../../bin/sluice.js', import.meta.url));
/** Bounds every wait, so that a test fails with the output instead of hanging. */
const WAIT_MS = 20_000;

export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A command that becomes the one after it, such as `nsenter --net=FILE`. */
  readonly within?: readonly string[];
}

interface Waiter {
  readonly wanted: RegExp;
  readonly found: (match: RegExpExecArray) => void;
}

export class SluiceProcess {
  readonly child: ChildProcess;
  /** Everything written so far, both streams. */
  readonly lines: string[] = [];
  readonly ended: Promise<End>;
  readonly #waiters = new Set<Waiter>();

  constructor(args: readonly string[], options: ProcessOptions = {}) {
    const command = [...(options.within ?? []), process.execPath, COMMAND, ...args];
    this.child = spawn(command[0]!, command.slice(1), {
      cwd: options.cwd,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream !== null) createInterface(stream).on('line', (line) => this.#take(line));
    }
    this.ended = once(this.child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  get output(): string {
    return this.lines.join('\n');
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /**
   * Waits for a line, among those from `after` on.
   * @returns Its match.
   */
  async line(wanted: RegExp, after = 0): Promise<RegExpExecArray> {
    for (const line of this.lines.slice(after)) {
      const match = wanted.exec(line);
      if (match !== null) return match;
    }
    const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>();
    const waiter: Waiter = { wanted, found: resolve };
    this.#waiters.add(waiter);
    const fail = (why: string): void => reject(new Error(`no line ${wanted} ${why}; the output was:\n${this.output}`));
    const timer = setTimeout(() => fail(`within ${WAIT_MS} ms`), WAIT_MS);
    void this.ended.then(({ code, signal }) => setImmediate(() => fail(`before its end (${code ?? signal})`)));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }

  /** Waits until this many lines match. */
  async count(wanted: RegExp, count: number): Promise<void> {
    for (let after = 0, seen = 0; seen < count; seen++) {
      await this.line(wanted, after);
      after = this.lines.findIndex((line, index) => index >= after && wanted.test(line)) + 1;
    }
  }

  #take(line: string): void {
    this.lines.push(line);
    for (const { wanted, found } of this.#waiters) {
      const match = wanted.exec(line);
      if (match !== null) found(match);
    }
  }
}

/** Where a started Sluice listens, read from its first lines. */
export interface Running {
  readonly sluice: SluiceProcess;
  /** `http://localhost:PORT` of the first listener. */
  readonly url: string;
  /** `127.0.0.1:PORT`, for --admin. */
  readonly admin: string;
}

/** Starts a gateway and waits until it listens; it is killed when the test ends. */
export async function startSluice(t: TestContext, args: readonly string[], options: ProcessOptions = {}): Promise<Running> {
  const sluice = new SluiceProcess(args, options);
  t.after(async () => {
    sluice.signal('SIGKILL');
    await sluice.ended;
  });
  const [, url = ''] = await sluice.line(/^ {2}listener .*(http:\/\/\S+)/);
  const [, admin = ''] = await sluice.line(/^ {2}admin .*http:\/\/(\S+)/);
  return { sluice, url: url.replace('localhost', '127.0.0.1'), admin };
}

/** Runs a command to its end. */
export async function runSluice(
  args: readonly string[],
  cwd?: string,
  within: readonly string[] = [],
): Promise<End & { readonly output: string }> {
  const sluice = new SluiceProcess(args, { within, ...(cwd === undefined ? {} : { cwd }) });
  const timer = setTimeout(() => sluice.signal('SIGKILL'), WAIT_MS);
  const end = await sluice.ended;
  clearTimeout(timer);
  return { ...end, output: sluice.output };
}
