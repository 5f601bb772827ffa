/**
 * A small network of the test's own: a client, a balancer in the middle and backends behind it, each in a network namespace, joined by virtual cables. The backends'
 * default route is the balancer. Nothing appears in the machine's own network, names have a random suffix, and the end removes all.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { hasProgram } from '../../../../scripts/system-packages.ts';

const run = promisify(execFile);
const ANSWER_MS = 20_000;

/** Why this machine cannot make a network, with the remedy; null when it can. */
export function labFault(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'needs root on Linux to make network namespaces: run the tests as root';
  const missing = ['ip', 'nft', 'nsenter', 'conntrack', 'sysctl'].filter((program) => !hasProgram(program));
  return missing.length === 0 ? null : `needs ${missing.join(', ')}: node scripts/system-packages.ts`;
}

/** Addresses of the lab: network 0 is the client's, 1… are the backends'. The balancer is `.1`, the other side `.2`. */
export const lab = {
  balancer: '10.78.0.1',
  balancer6: 'fd78::1',
  client: '10.78.0.2',
  client6: 'fd78::2',
  backend: (index: number) => `10.78.${index}.2`,
  backend6: (index: number) => `fd78:${index}::2`,
};

export class NetworkLab implements AsyncDisposable {
  readonly #suffix = randomBytes(3).toString('hex');
  readonly #names: string[] = [];
  readonly #processes: LabProcess[] = [];

  /** Makes a client, a balancer and so many backends (`b1`…). */
  static async create(backends: number): Promise<NetworkLab> {
    const network = new NetworkLab();
    try {
      for (const name of ['lb', 'client']) await network.#addNamespace(name);
      for (let index = 0; index <= backends; index++) {
        const name = index === 0 ? 'client' : `b${index}`;
        if (index > 0) await network.#addNamespace(name);
        await network.#join(name, index);
      }
      await network.run('lb', 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Runs a program there. @returns What it printed; rejects when it fails. */
  async run(name: string, ...command: string[]): Promise<string> {
    const { stdout } = await run('nsenter', [`--net=${this.path(name)}`, ...command], { timeout: 20_000 });
    return stdout;
  }

  /** The file that stands for the namespace. */
  path(name: string): string {
    return `/run/netns/${this.#full(name)}`;
  }

  /** Starts a Node program there that is spoken to by `LabProcess.ask`; resolves when it says that it is ready. */
  async start(name: string, file: string, ...args: string[]): Promise<LabProcess> {
    const started = new LabProcess(this.path(name), [file, ...args]);
    this.#processes.push(started);
    await started.ready;
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((started) => started.kill('SIGKILL')));
    for (const name of this.#names) await run('ip', ['netns', 'del', name]).catch(() => {});
  }

  #full(name: string): string {
    return `slab-${this.#suffix}-${name}`;
  }

  async #addNamespace(name: string): Promise<void> {
    const full = this.#full(name);
    await run('ip', ['netns', 'add', full]);
    this.#names.push(full);
    await run('ip', ['-n', full, 'link', 'set', 'lo', 'up']);
  }

  async #join(name: string, index: number): Promise<void> {
    const [balancer, other] = [this.#full('lb'), this.#full(name)];
    const ip = (namespace: string, ...args: string[]) => run('ip', ['-n', namespace, ...args]);
    const six = index === 0 ? 'fd78:' : `fd78:${index}:`;
    await ip(balancer, 'link', 'add', `p${index}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', other);
    for (const [namespace, device, last] of [
      [balancer, `p${index}`, '1'],
      [other, 'eth0', '2'],
    ] as const) {
      await ip(namespace, 'link', 'set', device, 'up');
      await ip(namespace, 'addr', 'add', `10.78.${index}.${last}/24`, 'dev', device);
      await ip(namespace, 'addr', 'add', `${six}:${last}/64`, 'dev', device, 'nodad');
    }
    await ip(other, 'route', 'add', 'default', 'via', `10.78.${index}.1`);
    await ip(other, 'route', 'add', 'default', 'via', `${six}:1`);
  }
}

/** A program inside a namespace. Lines of JSON in and out: `{ id, …command }` is answered by `{ id, result }` or `{ id, error }`; other lines are events. */
export class LabProcess {
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  /** What it said unasked. */
  readonly events: Record<string, unknown>[] = [];
  readonly ended: Promise<number | null>;
  readonly #answers = new Map<number, (line: { result?: unknown; error?: string }) => void>();
  #lastId = 0;

  constructor(path: string, args: readonly string[]) {
    this.child = spawn('nsenter', [`--net=${path}`, process.execPath, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    void this.ended.then((code) => {
      reject(new Error(`${args.join(' ')} ended with ${code} before it was ready`));
      for (const answer of this.#answers.values()) answer({ error: 'the program has ended' });
    });
    this.child.stdin?.on('error', () => {});
    createInterface(this.child.stdout!).on('line', (text) => {
      const line = JSON.parse(text) as { id?: number; ready?: boolean; result?: unknown; error?: string };
      if (line.ready === true) resolve();
      else if (line.id === undefined) this.events.push(line);
      else this.#answers.get(line.id)?.(line);
    });
  }

  /** Sends a command. @returns Its result; rejects with its error, or when there is none in time. */
  async ask<Result>(command: Record<string, unknown>): Promise<Result> {
    const id = ++this.#lastId;
    const answer = new Promise<{ result?: unknown; error?: string }>((resolve) => {
      this.#answers.set(id, resolve);
      setTimeout(() => resolve({ error: `no answer in ${ANSWER_MS} ms to ${JSON.stringify(command)}` }), ANSWER_MS).unref();
    });
    this.child.stdin?.write(`${JSON.stringify({ id, ...command })}\n`);
    const { result, error } = await answer;
    this.#answers.delete(id);
    if (error !== undefined) throw new Error(error);
    return result as Result;
  }

  /** Sends the signal and waits for the end. @returns The exit code. */
  async kill(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return await this.ended;
  }
}
