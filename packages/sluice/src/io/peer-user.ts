/**
 * Which user of this machine is at the other end of a TCP connection over loopback, from the kernel's table of sockets (Linux: `/proc/net/tcp`, proc(5)). For
 * requests that are worth a look of a millisecond; nothing here is for each connection.
 */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

/** Columns of a line: `sl local_address rem_address st tx:rx tr:tm retrnsmt uid …`. */
const LOCAL = 1;
const REMOTE = 2;
const UID = 7;

/** The user id of the other end; null where it cannot be known (another system, another machine, already closed). */
export function peerUid({
  localAddress,
  localPort,
  remoteAddress,
  remotePort,
}: Pick<Socket, 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'>): number | null {
  if (localAddress === undefined || remoteAddress === undefined || localPort === undefined || remotePort === undefined) return null;
  const own = endOf(localAddress, localPort);
  const theirs = endOf(remoteAddress, remotePort);
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readLines(table)) {
      const columns = line.trim().split(/\s+/);
      if (ends(columns[LOCAL], theirs) && ends(columns[REMOTE], own)) return Number(columns[UID]);
    }
  }
  return null;
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'latin1').split('\n');
  } catch {
    return [];
  }
}

/** Address and port as the kernel writes them, for IPv4, and for IPv6's loopback. */
function endOf(address: string, port: number): readonly string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const ipv4 = address.replace(/^::ffff:/, '');
  if (/^\d+\.\d+\.\d+\.\d+$/.test(ipv4)) {
    // In the byte order of the machine: every machine that Node.js runs on here is little-endian, and tables of IPv6 hold IPv4 as ::ffff:a.b.c.d.
    const word = ipv4
      .split('.')
      .toReversed()
      .map((part) => Number(part).toString(16).toUpperCase().padStart(2, '0'))
      .join('');
    return [`${word}:${hexPort}`, `0000000000000000FFFF0000${word}:${hexPort}`];
  }
  return address === '::1' ? [`00000000000000000000000001000000:${hexPort}`] : [];
}

function ends(column: string | undefined, end: readonly string[]): boolean {
  return column !== undefined && end.includes(column);
}
