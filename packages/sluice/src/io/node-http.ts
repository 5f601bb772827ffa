/**
 * `node:http`, for what is not the request path (admin API, its client, readiness). Not imported by name: an `import` of it evaluates every one of its exports, among them
 * the lazy ones that load all of undici, about 10 MiB and 50 ms in each thread.
 */

import type * as nodeHttp from 'node:http';
import type * as nodeHttps from 'node:https';

/** The module. */
export const http: typeof nodeHttp = process.getBuiltinModule('node:http');

/** `node:https`, when it is needed: it loads all of TLS. */
export function https(): typeof nodeHttps {
  return process.getBuiltinModule('node:https');
}
