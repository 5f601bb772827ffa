/**
 * A lock between processes: a file that only one of them can create. The holder touches it while it works; a lock that nobody has touched for
 * a while, or whose process on this machine is gone, was left by a crash and is broken. No two clocks are compared, so a shared disk is fine.
 */
import { randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

export interface FileLockOptions {
  /** Ends the wait; its reason is thrown. */
  readonly signal: AbortSignal;
  /** Untouched for this long, a lock is stale. Default 30 s; the same for all who share the lock. */
  readonly staleMs?: number;
}

interface Holder {
  readonly token: string;
  readonly place: string;
  readonly pid: number;
}

const STALE_MS = 30_000;
const POLL_MS = 50;

/** Does the work while holding the lock. Work that throws gives the lock back, too. */
export async function withFileLock<Value>(path: string, options: FileLockOptions, work: () => Promise<Value>): Promise<Value> {
  const staleMs = options.staleMs ?? STALE_MS;
  const token = await acquire(path, staleMs, options.signal);
  const touching = setInterval(() => {
    const now = new Date();
    void utimes(path, now, now).catch(() => {});
  }, staleMs / 4);
  touching.unref();
  try {
    return await work();
  } finally {
    clearInterval(touching);
    // Broken by another process while this one hung: then it is theirs.
    if ((await readHolder(path))?.token === token) await rm(path, { force: true });
  }
}

async function acquire(path: string, staleMs: number, signal: AbortSignal): Promise<string> {
  const token = randomUUID();
  let seen = '';
  let seenAt = 0;
  for (;;) {
    signal.throwIfAborted();
    if (await create(path, token)) return token;
    const state = await describe(path);
    if (state !== seen) {
      seen = state;
      seenAt = performance.now();
    }
    if (performance.now() - seenAt > staleMs || (await isLeftBehind(path))) {
      await breakLock(path, state, staleMs);
      seen = '';
      continue;
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

async function create(path: string, token: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    const holder: Holder = { token, place: processPlace(), pid: process.pid };
    try {
      await file.writeFile(JSON.stringify(holder));
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Who holds it and when it was touched, as one text to compare; empty when there is no lock. */
async function describe(path: string): Promise<string> {
  const [text, times] = await Promise.all([readFile(path, 'utf8').catch(() => ''), stat(path).catch(() => null)]);
  return times === null ? '' : `${text} ${times.ino} ${times.mtimeMs}`;
}

/** Removes the lock if it is still the one that was judged. One process at a time may: else a fresh lock could be taken for the stale one. */
async function breakLock(path: string, state: string, staleMs: number): Promise<void> {
  const guard = `${path}.breaking`;
  if (!(await create(guard, ''))) {
    const times = await stat(guard).catch(() => null);
    if (times !== null && Date.now() - times.mtimeMs > staleMs) await rm(guard, { force: true });
    await sleep(POLL_MS);
    return;
  }
  try {
    if ((await describe(path)) === state) await rm(path, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

/** Whether its process ran here and runs no more. */
async function isLeftBehind(path: string): Promise<boolean> {
  const holder = await readHolder(path);
  if (holder === null || holder.place !== processPlace() || holder.pid === process.pid) return false;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

/** Where a process number means the same process: this machine and, on Linux, this PID namespace. */
function processPlace(): string {
  let namespace = '';
  try {
    namespace = readlinkSync('/proc/self/ns/pid');
  } catch {}
  return `${hostname()} ${namespace}`;
}
