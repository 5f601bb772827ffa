/** Binding the admin API: TCP, or a unix socket that is its user's alone from the first moment on, in place of one that a crash left. */
import { lstatSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { AddressPlan } from '../config/plan.ts';

/** Resolves once it listens. @throws {Error} when the address is taken or cannot be used. */
export async function listen(server: Server, address: AddressPlan): Promise<void> {
  if (address.kind === 'tcp') return listenOnce(server, address);
  if (await isStaleSocket(address.path)) unlinkSync(address.path);
  // The mode must be right from the first moment on.
  const umask = process.umask(0o177);
  try {
    const listening = listenOnce(server, address);
    process.umask(umask);
    await listening;
  } finally {
    process.umask(umask);
  }
}

function listenOnce(server: Server, address: AddressPlan): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.kind === 'tcp' ? { host: address.host, port: address.port } : { path: address.path }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** A socket file that a crashed process left: nobody answers on it. */
function isStaleSocket(path: string): Promise<boolean> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return Promise.resolve(false);
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

/** With the port that it really is. */
export function boundAddress(server: Server, address: AddressPlan): AddressPlan {
  return address.kind === 'unix' ? address : { ...address, port: (server.address() as AddressInfo).port };
}
