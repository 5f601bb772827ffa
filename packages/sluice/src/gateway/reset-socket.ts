/** Closing a connection so that its peer cannot take that for an end. */
import type { Socket } from 'node:net';

/**
 * Closes with a reset where there is such a thing, else at once.
 * @param transport What the socket runs on: itself, or the connection beneath its TLS.
 */
export function resetSocket(socket: Socket, transport: Socket): void {
  // A unix socket, and one that is closed already, has no port: there is nothing to reset. While its end is on the way (shutdown) libuv refuses, and Node
  // would never close the handle.
  const isEnding = transport.writableEnded && !transport.writableFinished;
  if (transport.remotePort !== undefined && !isEnding && !('encrypted' in transport)) transport.resetAndDestroy();
  socket.destroy();
}
