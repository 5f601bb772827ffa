/** Whose connection over loopback it is: that of the user that Sluice runs as, or of root, or of somebody else. */
import type { Socket } from 'node:net';
import { peerUid } from '../io/peer-user.ts';

/** Whose connection it is does not change, and is dear to find out. */
const owners = new WeakMap<Socket, boolean>();

/** Known on Linux only; elsewhere everybody counts as the owner. Costs about a millisecond, once for each connection. */
export function isOwner(socket: Socket): boolean {
  if (process.platform !== 'linux') return true;
  const known = owners.get(socket);
  if (known !== undefined) return known;
  const uid = peerUid(socket);
  const isOne = uid !== null && (uid === 0 || uid === process.getuid?.());
  owners.set(socket, isOne);
  return isOne;
}
