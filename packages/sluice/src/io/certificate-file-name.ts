/** What the files of a certificate are called: its first host name, for people, and a hash of all its names, in whatever order they are given. */
import { createHash } from 'node:crypto';

/** @param names Lower case, at least one. */
export function certificateFileName(names: readonly string[]): string {
  const sorted = names.toSorted();
  const first = sorted.find((name) => /^[a-z]/.test(name)) ?? sorted[0] ?? '';
  return `${first.replaceAll(/[^a-z0-9.-]/g, '_').slice(0, 100)}-${createHash('sha256').update(sorted.join(' ')).digest('hex').slice(0, 12)}`;
}
