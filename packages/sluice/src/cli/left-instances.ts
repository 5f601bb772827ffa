/**
 * Instances that a detached Sluice left and that this one, which is not detached, does not take over: they run on beside the new ones, and nobody looks after them. Nothing is
 * changed here; where another Sluice has the directory, they are its own.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type InstanceRecord, InstanceRecords, isRecordAlive } from '../io/instance-record.ts';
import { openProcessDirectory } from '../io/process-directory.ts';

/** Those that are named. */
const SHOWN_MAX = 10;

/** The living of a directory in which nothing is started; empty when another Sluice has it, or it may not be read. */
export async function leftInstances(directory: string): Promise<readonly InstanceRecord[]> {
  const place = join(directory, 'instances');
  if (!existsSync(place)) return [];
  try {
    await using _open = await openProcessDirectory(directory);
    return new InstanceRecords(place).read(() => {}).filter(isRecordAlive);
  } catch {
    return [];
  }
}

/** What people are told of them, with the remedy. */
export function leftSentence(left: readonly Pick<InstanceRecord, 'id' | 'pid'>[], directory: string): string {
  const shown = left.slice(0, SHOWN_MAX);
  const names = shown.map(({ id, pid }) => `${id} (process ${pid})`).join(', ');
  const more = left.length > shown.length ? ` and ${left.length - shown.length} more` : '';
  const pids = shown.map(({ pid }) => pid).join(' ');
  return `${names}${more} of an earlier Sluice still ${left.length === 1 ? 'runs' : 'run'}, remembered in ${directory}; to take over what belongs to a service, detach (--detach, or fleet.detach); to end ${left.length === 1 ? 'it' : 'them'}: kill ${pids}`;
}
