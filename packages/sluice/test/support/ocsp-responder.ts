/** `openssl ocsp` as an authority's responder, on a port that is chosen before, since certificates name it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PemPair } from '../../src/io/x509/authority.ts';
import { serialOf } from './authority.ts';
import { eventually } from './waiting.ts';

export interface ResponderOptions {
  /** Where its files go. */
  readonly folder: string;
  readonly port: number;
  readonly authority: PemPair;
  readonly good: readonly PemPair[];
  readonly revoked?: readonly PemPair[];
  /** Who signs its answers. Default: the authority. */
  readonly signer?: PemPair;
}

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export async function startResponder(options: ResponderOptions): Promise<AsyncDisposable> {
  const { folder, port, authority, good, revoked = [], signer = authority } = options;
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, `${port}-${name}`), text);
    return `${port}-${name}`;
  };
  const index = file('index.txt', [...good.map((pair) => line('V', pair)), ...revoked.map((pair) => line('R', pair))].join(''));
  const own = file('signer.pem', signer.certPem + signer.keyPem);
  const files = ['-index', index, '-CA', file('ca.pem', authority.certPem), '-rsigner', own, '-rkey', own];
  const child = spawn('openssl', ['ocsp', '-port', String(port), ...files, '-ndays', '4'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => said.push(text.toString()));
  // It serves one connection at a time: one that only looks whether it listens would hold it up.
  try {
    await eventually(10_000, 'the responder listens', () => said.join('').includes('waiting for OCSP client connections'));
  } catch (error) {
    throw new Error(`openssl ocsp said: ${said.join('')}`, { cause: error });
  }
  return {
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** A line of openssl's list of certificates; no two valid ones may have the same subject. */
function line(state: 'V' | 'R', { certPem }: PemPair): string {
  const serial = serialOf(certPem).toUpperCase();
  return `${state}\t301231000000Z\t${state === 'R' ? '260101000000Z' : ''}\t${serial}\tunknown\t/CN=${serial}\n`;
}
