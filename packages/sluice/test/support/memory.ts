/** What a process holds in memory, as Linux counts it. */
import { readFileSync } from 'node:fs';

/** Resident bytes now. */
export function residentBytes(pid: number): number {
  return statusKib(pid, 'VmRSS') * 1024;
}

/** The highest resident bytes so far. */
export function peakResidentBytes(pid: number): number {
  return statusKib(pid, 'VmHWM') * 1024;
}

function statusKib(pid: number, field: string): number {
  const match = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? Number.NaN);
}
