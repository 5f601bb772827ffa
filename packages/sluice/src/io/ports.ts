/**
 * Free ports and addresses in use. Listening sockets are opened by the workers with `reusePort`, which lets two programs of one user
 * share a port without noticing: so an address is first tried here without it.
 */
import { createSocket } from 'node:dgram';
import { createServer, connect, isIPv6, type ListenOptions } from 'node:net';
import { lstat, unlink } from 'node:fs/promises';
import { formatAddress } from '../config/address.ts';
import type { AddressPlan } from '../config/plan.ts';

export type Transport = 'tcp' | 'udp';

/** Ports that Linux gives to no outgoing connection by itself (32768 and up), and that hardly any program has for its own. */
const QUIET_FROM = 20_000;
const QUIET_TO = 32_768;
const QUIET_TRIES = 16;

/** A port that was free a moment ago on this host: one that no connection that goes out is given in the meantime, if there is one. */
export async function freePort(host: string, transport: Transport = 'tcp'): Promise<number> {
  for (let attempt = 0; attempt < QUIET_TRIES; attempt++) {
    const port = QUIET_FROM + Math.floor(Math.random() * (QUIET_TO - QUIET_FROM));
    const isFree = await (transport === 'udp' ? tryBind(host, port) : tryListen({ host, port })).then(
      () => true,
      () => false,
    );
    if (isFree) return port;
  }
  const port = await (transport === 'udp' ? tryBind(host, 0) : tryListen({ host, port: 0 }));
  if (port === null) throw new Error(`no address ${host} on this machine to find a free port on`);
  return port;
}

let ipv6: Promise<boolean> | null = null;

/** Whether this machine listens on IPv6 at all. */
export function hasIpv6(): Promise<boolean> {
  ipv6 ??= tryListen({ host: '::', port: 0 }).then(
    () => true,
    () => false,
  );
  return ipv6;
}

/**
 * Tries whether we can listen there. A unix socket's file that nobody listens on any more (left by a crash) is removed.
 * @returns Null when we can; otherwise why not, in words, with the remedy.
 */
export async function listenFault(address: AddressPlan, transport: Transport = 'tcp'): Promise<string | null> {
  try {
    if (address.kind === 'unix') {
      if (await answers(address.path)) return `${formatAddress(address)} is in use by another program: stop it or choose another path`;
      const file = await lstat(address.path).catch(() => null);
      if (file?.isSocket() === true) await unlink(address.path).catch(ignoreMissing);
      else if (file !== null) return `${formatAddress(address)} is a file that is no socket: choose another path`;
      await tryListen({ path: address.path });
    } else if (transport === 'udp') {
      await tryBind(address.host, address.port);
    } else {
      await tryListen({ host: address.host, port: address.port });
    }
    return null;
  } catch (error) {
    return explain(formatAddress(address), error as NodeJS.ErrnoException);
  }
}

function explain(address: string, error: NodeJS.ErrnoException): string {
  switch (error.code ?? '') {
    case 'EADDRINUSE':
      return `${address} is in use by another program: stop it (ss -lntup shows which) or choose another port`;
    case 'EACCES':
      return `${address} may not be listened on by this user: choose a port from 1024, or allow it (setcap cap_net_bind_service=+ep on node)`;
    case 'EADDRNOTAVAIL':
      return `${address} is not an address of this machine: use one of its own, or leave the host out to listen on all`;
    case 'ENOTFOUND':
      return `${address}: no address is known for this name`;
    default:
      return `${address} cannot be listened on: ${error.message}`;
  }
}

/** Listens and closes again; the port that it was, null for a path. */
function tryListen(options: ListenOptions): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(options, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null));
    });
  });
}

/** Binds a UDP socket and closes it again; the port that it was. */
function tryBind(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: host, port, exclusive: true }, () => {
      const bound = socket.address().port;
      socket.close(() => resolve(bound));
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
