/**
 * What `/proc/PID/stat` says of a process (proc(5)). A process id is used again after a while; with the time of its start it names one process
 * for as long as the machine runs.
 */
import { readKernelFile } from './proc-file.ts';

export interface ProcessStat {
  /** `R`, `S`, `D`…; `Z`: it has ended and waits for its parent. */
  readonly state: string;
  readonly parent: number;
  /** User and system time of it and of those of its children that it has waited for, in ticks of 10 ms. */
  readonly cpuTicks: number;
  /** Ticks from the start of the machine (field 22). */
  readonly startTicks: number;
  readonly rssPages: number;
}

/** USER_HZ: 100 on every architecture that Node runs on. */
export const TICKS_PER_SECOND = 100;

/** Null when there is no such process. */
export function readProcessStat(pid: number): ProcessStat | null {
  const text = readKernelFile(`/proc/${pid}/stat`);
  return text === null ? null : parseProcessStat(text);
}

/** The name in parentheses may hold anything, parentheses and spaces included: the fields begin after the last one. */
export function parseProcessStat(text: string): ProcessStat | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  if (fields.length < 22) return null;
  // Field n of proc(5) stands at n - 3.
  const number = (field: number): number => Number(fields[field - 3]);
  return {
    state: fields[0]!,
    parent: number(4),
    cpuTicks: number(14) + number(15) + number(16) + number(17),
    startTicks: number(22),
    rssPages: number(24),
  };
}

/** Whether this very process runs: not another one of the same id, and not one that has ended already. */
export function isRunning(pid: number, startTicks: number): boolean {
  const stat = readProcessStat(pid);
  return stat !== null && stat.startTicks === startTicks && stat.state !== 'Z' && stat.state !== 'X';
}
