import { createHash } from 'node:crypto';

/** The name of a shared part that depends on these options: the same for the same, and no secret that is among them stands in it. */
export function partName(kind: string, options: unknown): string {
  return `${kind} ${createHash('sha256').update(JSON.stringify(options)).digest('base64url')}`;
}
