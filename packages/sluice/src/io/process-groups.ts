/**
 * The process groups that must not outlive us. Normal ends and exceptions kill what is left in an `exit` handler; for our own SIGKILL a guard
 * (one idle `sh`) waits for the end of a pipe and then kills the groups it was told of. Where a cgroup holds the processes too, all that are in it
 * are killed, those that left their process group included.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readKernelPids } from './proc-file.ts';

/**
 * Has the process group `pid` killed when we end, however we end. For processes that were started with `detached`.
 * @param cgroups Directories of cgroups that hold them, killed and removed likewise; none where there are none.
 * @returns Takes it back, once the process is gone.
 */
export function endWithUs(pid: number, cgroups: readonly string[] = []): () => void {
  groups.add(pid, cgroups);
  return () => groups.remove(pid);
}

/** Signals the whole group; harmless when it is gone. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the whole group is gone already.
  }
}

/** Kills each process once; harmless for those that are gone. */
export function killEach(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // ESRCH: ended in between.
    }
  }
}

/** Before a guard that is gone is replaced. */
const GUARD_PAUSE_MS = 100;

/** Reads verbs, one per line; at the end of its input (we are gone) kills the groups that are left, and everything in the cgroups. */
const GUARD_SCRIPT = `
trap '' INT TERM HUP
newline='
'
groups=' '
cgroups=$newline
while read -r verb name; do
  case $verb in
    add) groups="$groups$name " ;;
    remove) groups="\${groups%% $name *} \${groups#* $name }" ;;
    enclose) cgroups="$cgroups$name$newline" ;;
    release) cgroups="\${cgroups%%"$newline$name$newline"*}$newline\${cgroups#*"$newline$name$newline"}" ;;
  esac
done
for pid in $groups; do kill -9 "-$pid" 2>/dev/null; done
IFS=$newline
set -f
for directory in $cgroups; do
  for try in 1 2 3 4 5 6 7 8 9 10; do
    [ -d "$directory" ] || break
    while read -r pid; do kill -9 "$pid"; done <"$directory/cgroup.procs"
    rmdir "$directory" && break
    sleep 0.05
  done
done 2>/dev/null
`;

/** The groups that run, and who kills them when we cannot. */
class ProcessGroups {
  readonly #cgroups = new Map<number, readonly string[]>();
  #guard: ChildProcess | null = null;
  #isHooked = false;

  add(pid: number, cgroups: readonly string[]): void {
    this.#cgroups.set(pid, cgroups);
    if (!this.#isHooked) process.on('exit', () => this.#killAll());
    this.#isHooked = true;
    this.#tell(additions(pid, cgroups));
  }

  remove(pid: number): void {
    const cgroups = this.#cgroups.get(pid);
    if (!this.#cgroups.delete(pid)) return;
    this.#tell(`remove ${pid}\n${cgroups!.map((directory) => `release ${directory}\n`).join('')}`);
  }

  #killAll(): void {
    for (const [pid, cgroups] of this.#cgroups) {
      killGroup(pid, 'SIGKILL');
      for (const directory of cgroups) killEach(readKernelPids(`${directory}/cgroup.procs`));
    }
  }

  #tell(lines: string): void {
    if (this.#guard === null) this.#startGuard();
    else this.#guard.stdin?.write(lines);
  }

  #startGuard(): void {
    const guard = startGuard(() => this.#lost(guard));
    this.#guard = guard;
    guard.stdin?.write([...this.#cgroups].map(([pid, cgroups]) => additions(pid, cgroups)).join(''));
  }

  /** Somebody killed the guard, or it could not be started: another takes its place as long as there is something to guard. */
  #lost(guard: ChildProcess): void {
    if (guard !== this.#guard) return;
    this.#guard = null;
    setTimeout(() => {
      if (this.#guard === null && this.#cgroups.size > 0) this.#startGuard();
    }, GUARD_PAUSE_MS).unref();
  }
}

function additions(pid: number, cgroups: readonly string[]): string {
  return `add ${pid}\n${cgroups.map((directory) => `enclose ${directory}\n`).join('')}`;
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
