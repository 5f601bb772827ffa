/**
 * Keeps a server's idle connections at least as long as the gateway before it wants to use them. A server that closes one at the moment in which a request is sent over it
 * loses that request: the side that sends has to be the first to let go. Sluice tells the instances that it starts how long that is (SLUICE_KEEP_ALIVE_MS); Node's own
 * timeout, 5 s, is enough for Sluice's default of 4 s, but not for a longer `pool.idleTimeout`.
 */
import type { Server } from 'node:http';

/** What of a server is set: `http.Server` and `https.Server` have it. */
export type KeepAliveServer = Pick<Server, 'keepAliveTimeout'>;

/**
 * Raises `keepAliveTimeout` to what SLUICE_KEEP_ALIVE_MS asks for; never lowers it. Without the variable, or with one that is no whole number of milliseconds, nothing is changed.
 * @returns The server, so that it can stand around its making.
 */
export function keepAlive<Kept extends KeepAliveServer>(server: Kept, environment: NodeJS.ProcessEnv = process.env): Kept {
  const asked = environment['SLUICE_KEEP_ALIVE_MS'] ?? '';
  const ms = /^\d{1,9}$/.test(asked) ? Number(asked) : 0;
  // 0 means for ever.
  if (server.keepAliveTimeout !== 0 && ms > server.keepAliveTimeout) server.keepAliveTimeout = ms;
  return server;
}
