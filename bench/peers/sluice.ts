/** Sluice itself, started through its command: metrics on (they are never off), access log off. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { certificateFiles } from '../certificate.ts';
import { freePort, start, temporaryDirectory, waitForListener } from '../processes.ts';
import type { Subject, SubjectKind, SubjectOptions } from './subject.ts';

const BARE = { headers: 'none', via: false, requestId: false };
const program = fileURLToPath(new URL('../../packages/sluice/bin/sluice.js', import.meta.url));
const mainFile = fileURLToPath(new URL('../../packages/sluice/src/cli/main.ts', import.meta.url));

/** Sluice with its admin API, for rows that reload it. */
export interface SluiceSubject extends Subject {
  readonly adminPort: number;
  readonly configFile: string;
}

export const sluice: SubjectKind = {
  name: 'Sluice',
  protocols: ['tls', 'http2', 'grpc', 'websocket', 'tcp'],
  version: () => (existsSync(mainFile) ? `this checkout on Node.js ${process.versions.node}` : null),
  start: (options) => startSluice(options),
};

/** Starts `sluice up` with one listener; `routes` replaces the one catch-all route, `more` are further sections of the configuration. */
export async function startSluice(
  options: SubjectOptions,
  routes: readonly object[] = [{ path: '/*', to: 'origin' }],
  more: object = {},
): Promise<SluiceSubject> {
  const directory = temporaryDirectory('sluice');
  const [port, adminPort] = [await freePort(), await freePort()];
  const configFile = join(directory, 'sluice.config.json');
  writeFileSync(configFile, sluiceConfiguration(port, adminPort, options, routes, more));
  const started = start('sluice-log', process.execPath, [program, 'up', '--config', configFile]);
  await waitForListener(started, port);
  return { name: 'Sluice', port, adminPort, configFile, started };
}

/** The configuration file's text. HTTP/2 needs no key: a listener in the clear takes it by prior knowledge. */
export function sluiceConfiguration(
  port: number,
  adminPort: number,
  options: SubjectOptions,
  routes: readonly object[],
  more: object = {},
): string {
  const address = options.upstream === 'tcp' ? `127.0.0.1:${options.origin.port}` : `unix:${options.origin.socketPath}`;
  const isTcp = options.protocol === 'tcp';
  return JSON.stringify({
    listeners: {
      web: { ...entry(`127.0.0.1:${port}`, options), connectionsMax: 16_000, ...(options.isBare === true ? { forwarding: BARE } : {}) },
    },
    services: { origin: { endpoints: [address], ...(options.protocol === 'grpc' ? { protocol: 'http2' } : {}) } },
    routes: isTcp ? [] : routes,
    workers: options.workers,
    admin: `127.0.0.1:${adminPort}`,
    ...more,
  });
}

function entry(address: string, { protocol }: SubjectOptions): object {
  if (protocol === 'tcp') return { tcp: address, to: 'origin' };
  if (protocol !== 'tls') return { http: address };
  const { cert, key } = certificateFiles();
  return { https: address, tls: { certificates: [{ cert, key }] } };
}
