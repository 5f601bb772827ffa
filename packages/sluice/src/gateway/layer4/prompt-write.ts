/**
 * Writes that wait for nothing. Nagle's algorithm (RFC 896) holds back only what is smaller than a segment and follows what is not acknowledged yet: so a small first
 * write goes at once by itself, and TCP_NODELAY, a system call, can wait for the second. Many connections have one message each way.
 */
import type { Socket } from 'node:net';

/** What fits into one segment on any path (RFC 9293 §3.7.1). */
const SEGMENT_BYTES = 536;

/** @param isFirst Nothing was written to this socket before. @returns Whether the socket takes more. */
export function writePromptly(socket: Socket, bytes: Uint8Array, isFirst: boolean): boolean {
  if (!isFirst || bytes.length > SEGMENT_BYTES) socket.setNoDelay(true); // the system is asked once
  return socket.write(bytes);
}
