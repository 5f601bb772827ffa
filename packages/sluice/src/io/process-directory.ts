/**
 * The directory of the instances: `s/` sockets, `instances/` records, `logs/`. One Sluice at a time has it, by a lock. Without a name it is a new one
 * under the system's directory for temporary files, removed at the end; one that a killed Sluice left there is removed by the next.
 */
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir, uptime } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ensurePrivateDirectory } from './private-files.ts';
import { withFileLock } from './file-lock.ts';
import { isRunning, readProcessStat, TICKS_PER_SECOND } from './proc-stat.ts';
import type { SystemUser } from './process-user.ts';

export interface ProcessDirectory extends AsyncDisposable {
  readonly path: string;
  /** A new socket's path, in a directory that only its user may enter. @throws {Error} when the path is too long, or the user cannot get there. */
  socket(user: SystemUser | null): { readonly path: string; readonly directory: string };
}

/** `sun_path` is 108 bytes with its end mark. */
const SOCKET_PATH_BYTES_MAX = 107;
const LOCK_WAIT_MS = 2_000;
const TEMPORARY = /^sluice-(\d+)-(\d+)-/;
const MAY_ENTER = 0o001;

/** @throws {Error} when another Sluice has it, or it may not be written to. */
export async function openProcessDirectory(given: string | null): Promise<ProcessDirectory> {
  if (given === null) return openTemporary();
  const path = resolve(given);
  await ensurePrivateDirectory(path);
  assertOurs(path);
  const release = await lock(path);
  const disposed = (): Promise<void> => release();
  return { path, socket: (user) => makeSocket(path, user), [Symbol.asyncDispose]: disposed };
}

/** Whoever owns it can put records there: commands that we would run, and processes that we would end. */
function assertOurs(path: string): void {
  const { uid } = statSync(path);
  if (uid === process.getuid?.() || uid === 0) return;
  throw new Error(
    `directory ${path} belongs to another user (${uid}): chown it to the one that Sluice runs as, or choose another directory`,
  );
}

function openTemporary(): ProcessDirectory {
  removeLeftBehind();
  const start = readProcessStat(process.pid)?.startTicks ?? 0;
  const path = mkdtempSync(join(tmpdir(), `sluice-${process.pid}-${start}-`));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove);
  const disposed = (): Promise<void> => {
    process.off('exit', remove);
    remove();
    return Promise.resolve();
  };
  return { path, socket: (user) => makeSocket(path, user), [Symbol.asyncDispose]: disposed };
}

function removeLeftBehind(): void {
  for (const name of readdirSync(tmpdir())) {
    const maker = TEMPORARY.exec(name);
    if (maker === null || isRunning(Number(maker[1]), Number(maker[2]))) continue;
    const path = join(tmpdir(), name);
    if (lstatSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.()) rmSync(path, { recursive: true, force: true });
  }
}

function makeSocket(directory: string, user: SystemUser | null): { readonly path: string; readonly directory: string } {
  const sockets = join(directory, 's');
  mkdirSync(sockets, { recursive: true, mode: 0o700 });
  const own = mkdtempSync(`${sockets}/`);
  const path = join(own, 's');
  try {
    const bytes = Buffer.byteLength(path);
    if (bytes > SOCKET_PATH_BYTES_MAX) {
      throw new Error(
        `socket path ${path} has ${bytes} bytes, the kernel takes ${SOCKET_PATH_BYTES_MAX}: choose a shorter directory, such as /run/sluice`,
      );
    }
    if (user !== null) letIn(user, own, [sockets, directory]);
    return { path, directory: own };
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    throw error;
  }
}

/** The directory becomes the user's; those above it, which are ours, may be passed through, but not listed. */
function letIn(user: SystemUser, own: string, above: readonly string[]): void {
  chownSync(own, user.uid, user.gid);
  for (const path of above) chmodSync(path, 0o711);
  for (let path = dirname(above.at(-1)!); ; path = dirname(path)) {
    const { mode, uid, gid } = statSync(path);
    const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
    if (((mode >> shift) & MAY_ENTER) === 0) {
      throw new Error(
        `user ${user.name} may not enter ${path}, below which its socket is to be: choose a directory that it can reach, such as /run/sluice`,
      );
    }
    if (path === dirname(path)) return;
  }
}

/** Takes the lock until the returned function is called. */
async function lock(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'lock');
  removeStaleLock(path);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: held, resolve: isHeld, reject } = Promise.withResolvers<void>();
  const work = withFileLock(path, { signal: AbortSignal.timeout(LOCK_WAIT_MS) }, () => (isHeld(), released));
  work.catch(() =>
    reject(
      new Error(
        `directory ${directory} is in use by another Sluice (process ${holderOf(path)?.pid ?? 'unknown'}): stop it, or choose another directory`,
      ),
    ),
  );
  await held;
  return async () => {
    release();
    await work;
  };
}

/**
 * After a crash of a machine or a container the same process id may be somebody else's: it is the holder's only if it is older than the lock's last touch. Not its
 * making: a clock that was set forward since then would take the lock from a Sluice that runs.
 */
function removeStaleLock(path: string): void {
  const status = statSync(path, { throwIfNoEntry: false });
  const pid = holderOf(path)?.pid;
  if (status === undefined || pid === undefined) return;
  const start = readProcessStat(pid);
  if (start === null) return;
  const startedAtMs = Date.now() - (uptime() - start.startTicks / TICKS_PER_SECOND) * 1_000;
  // Between two touches a clock may be set, too.
  if (startedAtMs > status.mtimeMs + 5_000) rmSync(path, { force: true });
}

function holderOf(path: string): { readonly pid: number } | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as { readonly pid: number };
  } catch {
    return null;
  }
}
