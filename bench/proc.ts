/**
 * What Linux says a program used: CPU time (user + system, all threads, children too) from /proc/PID/stat, resident memory from
 * /proc/PID/status. Clock ticks are 10 ms, so a window of 3 s is exact to 0.3 %.
 */
import { readFileSync, readdirSync } from 'node:fs';

const TICKS_PER_SECOND = 100; // USER_HZ is 100 on every Linux that Node runs on

/** Fields after the command's closing parenthesis; index 0 is field 3 of proc(5), the state. */
function statFields(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** The process and all its descendants that are alive. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    try {
      const parent = Number(statFields(`/proc/${pid}/stat`)[1]);
      children.set(parent, [...(children.get(parent) ?? []), pid]);
    } catch {
      // gone between readdir and read
    }
  }
  const tree = [root];
  for (let index = 0; index < tree.length; index++) tree.push(...(children.get(tree[index] ?? -1) ?? []));
  return tree;
}

/** Microseconds of CPU that the process tree has used so far, with what its members that have ended had used. */
export function cpuMicros(root: number): number {
  let ticks = 0;
  for (const pid of processTree(root)) {
    const fields = statFields(`/proc/${pid}/stat`);
    for (const field of fields.slice(11, 15)) ticks += Number(field);
  }
  return (ticks / TICKS_PER_SECOND) * 1e6;
}

/** Microseconds of CPU that this one process has used so far, all its threads together, its children not. */
export function ownCpuMicros(pid: number): number {
  const fields = statFields(`/proc/${pid}/stat`);
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6;
}

/** Microseconds of CPU per thread of one process, by thread id. */
export function threadCpuMicros(pid: number): Map<number, number> {
  const threads = new Map<number, number>();
  for (const entry of readdirSync(`/proc/${pid}/task`)) {
    const fields = statFields(`/proc/${pid}/task/${entry}/stat`);
    threads.set(Number(entry), ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6);
  }
  return threads;
}

/** Resident bytes of the process tree (pages shared between its processes count in each). */
export function residentBytes(root: number): number {
  let bytes = 0;
  for (const pid of processTree(root)) {
    const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    bytes += Number(match?.[1] ?? 0) * 1024;
  }
  return bytes;
}
