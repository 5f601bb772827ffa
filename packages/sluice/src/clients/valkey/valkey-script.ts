/** A Lua script as the server knows it. */
import { createHash } from 'node:crypto';

export interface ValkeyScript {
  readonly source: string;
  /** Of the source: what EVALSHA names it by. */
  readonly sha1: string;
}

export function valkeyScript(source: string): ValkeyScript {
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}
