/** `node:tls`, loaded at its first use: a gateway that has nothing to do with TLS is spared about 7 MiB, and some more in each worker. */
import type * as nodeTls from 'node:tls';

let loaded: typeof nodeTls | null = null;

/** The module. */
export function tls(): typeof nodeTls {
  return (loaded ??= process.getBuiltinModule('node:tls'));
}
