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

/**
 * Reads what is in which place, one per line (`add 3 4711`, `add 4 /sys/fs/cgroup/…`, `remove 3`); at the end of its input (we are gone) kills the groups that are left, and
 * everything in the cgroups. A variable for each place: a list in one text would be searched for each that goes, which takes a shell minutes for some hundreds.
 */
const GUARD_SCRIPT = `
trap '' INT TERM HUP
top=0
while read -r verb place name; do
  case $verb in
    add)
      eval "in_$place=\\$name"
      [ "$place" -gt "$top" ] && top=$place
      ;;
    remove) unset "in_$place" ;;
  esac
done
each() {
  place=0
  while [ "$place" -lt "$top" ]; do
    place=$((place + 1))
    eval "name=\\\${in_$place-}"
    case $name in
      '') ;;
      /*) [ "$1" = cgroups ] && clear_cgroup "$name" ;;
      *) [ "$1" = groups ] && kill -9 "-$name" ;;
    esac
  done
}
clear_cgroup() {
  for try in 1 2 3 4 5 6 7 8 9 10; do
    [ -d "$1" ] || return
    while read -r pid; do kill -9 "$pid"; done <"$1/cgroup.procs"
    rmdir "$1" && return
    sleep 0.05
  done
}
{ each groups; each cgroups; } 2>/dev/null
`;

/** What the guard holds one thing in: a process group, or a cgroup. */
interface Place {
  readonly number: number;
  readonly name: string;
}

/** The groups that run, and who kills them when we cannot. */
class ProcessGroups {
  readonly #cgroups = new Map<number, readonly string[]>();
  readonly #places = new Map<number, readonly Place[]>();
  /** Numbers of places that were used and are not any more: as few as ever were used at once. */
  readonly #free: number[] = [];
  #used = 0;
  #guard: ChildProcess | null = null;
  #isHooked = false;

  add(pid: number, cgroups: readonly string[]): void {
    // Whose end nobody has told of: its id is another's now.
    this.remove(pid);
    this.#cgroups.set(pid, cgroups);
    const places = [String(pid), ...cgroups].map((name) => ({ number: this.#free.pop() ?? ++this.#used, name }));
    this.#places.set(pid, places);
    if (!this.#isHooked) process.on('exit', () => this.#killAll());
    this.#isHooked = true;
    this.#tell(additions(places));
  }

  remove(pid: number): void {
    const places = this.#places.get(pid);
    if (places === undefined) return;
    this.#cgroups.delete(pid);
    this.#places.delete(pid);
    this.#free.push(...places.map(({ number }) => number));
    this.#tell(places.map(({ number }) => `remove ${number}\n`).join(''));
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
    guard.stdin?.write([...this.#places.values()].map(additions).join(''));
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

function additions(places: readonly Place[]): string {
  return places.map(({ number, name }) => `add ${number} ${name}\n`).join('');
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
