/**
 * CPU time of a set of processes, those that have ended included, to the nanosecond (cgroup v1) or microsecond (v2): a control group of the benchmark's own.
 * Forwarding happens in the kernel, on the account of whoever runs at that moment or of ksoftirqd, so what a path costs is the sum over all its parts.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const V1 = '/sys/fs/cgroup/cpuacct';
const V2 = '/sys/fs/cgroup';

export interface Ended {
  readonly output: string;
}

export class CpuGroup {
  readonly #path: string;
  readonly #isV1 = existsSync(join(V1, 'cpuacct.usage'));

  constructor(name: string) {
    this.#path = join(this.#isV1 ? V1 : V2, name);
    mkdirSync(this.#path);
  }

  /** Starts a program in the group. @returns Its end; rejects when it fails, with what it said. */
  start(command: readonly string[], onPid: (pid: number) => void = () => {}): Promise<Ended> {
    const join = `echo $$ > ${this.#path}/cgroup.procs && exec "$@"`;
    const child = spawn('/bin/sh', ['-c', join, 'sh', ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.pid !== undefined) onPid(child.pid);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        if (code === 0) resolve({ output });
        else reject(new Error(`${command.join(' ')} ended with ${code}:\n${output.slice(-2000)}`));
      });
    });
  }

  /** Microseconds so far: the group's and ksoftirqd's. */
  micros(): number {
    return this.#groupMicros() + softirqMicros();
  }

  /** Ends what still runs in the group and removes it. */
  async remove(): Promise<void> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const pids = readFileSync(join(this.#path, 'cgroup.procs'), 'latin1').split('\n').filter(Boolean);
      if (pids.length === 0) break;
      for (const pid of pids) kill(Number(pid), attempt < 20 ? 'SIGTERM' : 'SIGKILL');
      await sleep(50);
    }
    rmdirSync(this.#path);
  }

  #groupMicros(): number {
    if (this.#isV1) return Number(readFileSync(join(this.#path, 'cpuacct.usage'), 'latin1')) / 1000;
    return Number(/usage_usec (\d+)/.exec(readFileSync(join(this.#path, 'cpu.stat'), 'latin1'))?.[1]);
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}

let softirqPids: readonly string[] | null = null;

/** What the kernel's own threads used for packets that were nobody's at the moment. */
function softirqMicros(): number {
  softirqPids ??= readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && nameOf(entry).startsWith('ksoftirqd/'));
  return softirqPids.reduce((sum, pid) => sum + Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[0]) / 1000, 0);
}

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1');
  } catch {
    return '';
  }
}
