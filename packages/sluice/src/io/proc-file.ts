/**
 * Small files that the kernel makes up as they are read (`/proc`, cgroups). They never wait for a disk, so they are read in place, into one
 * buffer: about 5 µs each, where the thread pool costs 100.
 */
import { closeSync, openSync, readSync } from 'node:fs';

const BYTES_MAX = 65_536;
const buffer = Buffer.allocUnsafe(BYTES_MAX);

/** Up to 64 KiB of the file; null when it cannot be read. */
export function readKernelFile(path: string): string | null {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    let length = 0;
    for (let read = -1; read !== 0 && length < BYTES_MAX; length += read)
      read = readSync(descriptor, buffer, length, BYTES_MAX - length, null);
    return buffer.toString('latin1', 0, length);
  } catch {
    return null; // ESRCH: its process ended while we read
  } finally {
    closeSync(descriptor);
  }
}

/** The numbers of the lines `NAME NUMBER` of such a file; empty when it cannot be read. */
export function readKernelCounts(path: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of readKernelFile(path)?.split('\n') ?? []) {
    const space = line.indexOf(' ');
    if (space > 0) counts.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return counts;
}

/** The process ids, one per line, of a `cgroup.procs` file, or separated by spaces. */
export function readKernelPids(path: string): readonly number[] {
  return (readKernelFile(path) ?? '').split(/\s+/).flatMap((text) => (/^\d+$/.test(text) ? [Number(text)] : []));
}
