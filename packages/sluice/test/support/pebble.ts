/** Debian's pebble, a strict ACME server (RFC 8555), with its DNS that sends every name to this machine. Ports are free ones of the loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/io/ports.ts';
import { testAuthority } from './authority.ts';
import { eventually } from './waiting.ts';

export interface Pebble extends AsyncDisposable {
  readonly directoryUrl: string;
  /** PEM of who signed the server's own certificate. */
  readonly caPem: string;
  /** Where it asks for http-01 and tls-alpn-01. */
  readonly httpPort: number;
  readonly tlsPort: number;
  /** PEM of the root of what it issues. */
  root(): Promise<string>;
  /** What both programs said. */
  output(): string;
}

export interface PebbleOptions {
  /** Percent of good nonces that it refuses. Default 5, as it comes. */
  readonly nonceReject?: number;
  /** Percent of names proved before that need no proof again. Default 0. */
  readonly authorizationReuse?: number;
  /** Accounts that must be bound: key identifier to HMAC key in base64url. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
  /** Of what it issues. Default: five years. */
  readonly lifeSeconds?: number;
}

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

export async function startPebble(options: PebbleOptions = {}): Promise<Pebble> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-pebble-'));
  const ports: number[] = [];
  while (ports.length < 6) {
    const port = await freePort('127.0.0.1');
    if (!ports.includes(port)) ports.push(port);
  }
  const [port, managementPort, httpPort, tlsPort, dnsPort, dnsManagementPort] = ports as [number, number, number, number, number, number];
  const authority = await testAuthority('Pebble CA');
  const pair = await authority.leaf(['localhost', '127.0.0.1']);
  writeFileSync(join(folder, 'cert.pem'), pair.certPem);
  writeFileSync(join(folder, 'key.pem'), pair.keyPem);
  const config = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${managementPort}`,
    certificate: join(folder, 'cert.pem'),
    privateKey: join(folder, 'key.pem'),
    httpPort,
    tlsPort,
    ocspResponderURL: '',
    externalAccountBindingRequired: options.externalAccounts !== undefined,
    externalAccountMACKeys: options.externalAccounts ?? {},
    ...(options.lifeSeconds === undefined ? {} : { certificateValidityPeriod: options.lifeSeconds }),
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ pebble: config }));
  const said: string[] = [];
  const start = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess => {
    const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => said.push(text.toString()));
    running.add(child);
    child.once('exit', () => running.delete(child));
    return child;
  };
  const dns = start('pebble-challtestsrv', [
    ...['-defaultIPv4', '127.0.0.1', '-defaultIPv6', '', '-dns01', `127.0.0.1:${dnsPort}`, '-http01', '', '-https01', '', '-tlsalpn01', ''],
    ...['-management', `127.0.0.1:${dnsManagementPort}`],
  ]);
  const server = start('pebble', ['-config', join(folder, 'config.json'), '-dnsserver', `127.0.0.1:${dnsPort}`, '-strict'], {
    PEBBLE_VA_NOSLEEP: '1',
    PEBBLE_WFE_NONCEREJECT: String(options.nonceReject ?? 5),
    PEBBLE_AUTHZREUSE: String(options.authorizationReuse ?? 0),
  });
  const directoryUrl = `https://127.0.0.1:${port}/dir`;
  await eventually(15_000, `pebble answers: ${said.join('')}`, async () => (await fetchText(directoryUrl, authority.certPem)) !== null);
  return {
    directoryUrl,
    caPem: authority.certPem,
    httpPort,
    tlsPort,
    output: () => said.join(''),
    root: async () => (await fetchText(`https://127.0.0.1:${managementPort}/roots/0`, authority.certPem)) ?? '',
    async [Symbol.asyncDispose]() {
      for (const child of [server, dns]) {
        const gone = child.exitCode === null ? once(child, 'exit') : null;
        child.kill('SIGKILL');
        await gone;
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Null while there is no answer. */
function fetchText(url: string, ca: string): Promise<string | null> {
  return new Promise((resolve) => {
    const request = https.get(url, { ca, timeout: 2_000 }, (reply) => {
      const parts: Buffer[] = [];
      reply.on('data', (part: Buffer) => parts.push(part));
      reply.on('end', () => resolve(Buffer.concat(parts).toString()));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(null));
  });
}
