/**
 * A name that one process at a time has in this network namespace: an abstract unix socket, which Linux keeps per namespace and takes back when its process
 * ends, however it ends. Who connects to it is told the process id.
 */
import { connect, createServer, type Server } from 'node:net';

/** The name is ours until it is released; or whose it is, when that can be told. */
export type NameClaim = { readonly isOurs: true; readonly release: () => void } | { readonly isOurs: false; readonly pid: number | null };

const ANSWER_MS = 500;

/** Claims a name. Rejects when it cannot be told whether it is free. */
export async function claimName(name: string): Promise<NameClaim> {
  const path = `\0${name}`;
  const server = createServer((socket) => socket.on('error', () => {}).end(`${process.pid}\n`));
  try {
    await listening(server, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return { isOurs: false, pid: await holderOf(path) };
  }
  // It keeps nobody alive.
  server.unref();
  return { isOurs: true, release: () => void server.close() };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path }, resolve);
  });
}

function holderOf(path: string): Promise<number | null> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ path, timeout: ANSWER_MS });
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      if (text.length > 20) socket.destroy();
    });
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => resolve(/^\d{1,10}\n$/.test(text) ? Number(text) : null));
  });
}
