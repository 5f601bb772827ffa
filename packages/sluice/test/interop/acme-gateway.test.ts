/** Certificates by ACME through the real program, with Debian's pebble as the server that asks our own listeners for the proofs. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { timestamp } from '../../src/base/time.ts';
import type { ConfigInput } from '../../src/config/schema/config.ts';
import { CertificateStore } from '../../src/io/certificate-store.ts';
import { testAuthority } from '../support/authority.ts';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { type Pebble, startPebble } from '../support/pebble.ts';
import { skipWithout } from '../support/system-program.ts';
import { peerCertificate, startTlsLoad } from '../support/tls-client.ts';
import { eventually } from '../support/waiting.ts';

const skip = skipWithout('pebble', 'pebble-challtestsrv');
const folder = mkdtempSync(join(tmpdir(), 'sluice-acme-gateway-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let storages = 0;

const DAY_MS = 86_400_000;

interface Wanted {
  readonly pebble: Pebble;
  readonly names: readonly string[];
  readonly storage: string;
  readonly acme?: Partial<NonNullable<ConfigInput['acme']>>;
}

const newStorage = (): string => join(folder, `storage-${++storages}`);

/** A gateway that listens where pebble looks for proofs. */
function config({ pebble, names, storage, acme = {} }: Wanted): GatewayConfig {
  const caFile = join(folder, `ca-${pebble.httpPort}.pem`);
  writeFileSync(caFile, pebble.caPem);
  return {
    more: {
      clear: { http: `127.0.0.1:${pebble.httpPort}`, redirectToHttps: true },
      secure: { https: `127.0.0.1:${pebble.tlsPort}`, tls: { certificates: names.map((name) => ({ acme: [name] })) } },
    },
    acme: { terms: 'agreed', directory: pebble.directoryUrl, storage, ca: caFile, ...acme },
    routes: [{ path: '/*', respond: { status: 200, body: 'here' } }],
    workers: 2,
  };
}

interface CertificateLine {
  readonly names: readonly string[];
  readonly notAfter: string | null;
  readonly nextAttempt: string | null;
  readonly lastError: string | null;
}

async function certificates(gateway: Gateway): Promise<readonly CertificateLine[]> {
  const reply = await gateway.admin('/api/status');
  return ((await reply.json()) as { certificates: CertificateLine[] }).certificates;
}

async function look(pebble: Pebble, serverName: string): Promise<string> {
  const certificate = await peerCertificate({ port: pebble.tlsPort, serverName, ca: await pebble.root() });
  return certificate.serialNumber;
}

for (const challenge of ['http-01', 'tls-alpn-01'] as const) {
  test(`from nothing to certificates by ${challenge}, kept for the next start`, { skip }, async () => {
    await using pebble = await startPebble();
    const storage = newStorage();
    const names = ['a.example.com', 'b.example.com'];
    const wanted = config({ pebble, names, storage, acme: { challenge, email: 'ops@example.com' } });
    const serials: string[] = [];
    {
      await using gateway = await startGateway(wanted);
      assert.match(gateway.output(), /certificate-pending names=a\.example\.com/);
      await eventually(30_000, `both are issued: ${gateway.output()}`, () => gateway.output().split('certificate-issued').length === 3);
      for (const name of names) {
        await eventually(5_000, 'it is served', () => look(pebble, name).then(() => true, () => false));
        serials.push(await look(pebble, name));
      }
      assert.deepEqual(modes(storage), { files: ['600'], directories: ['700'] });
      assert.doesNotMatch(gateway.output(), /(?:error|failed|PRIVATE)/);
    }
    const orders = pebble.output().split('Issued certificate serial').length;
    await using again = await startGateway(wanted);
    assert.deepEqual(await Promise.all(names.map((name) => look(pebble, name))), serials);
    assert.doesNotMatch(again.output(), /certificate-/);
    assert.equal(pebble.output().split('Issued certificate serial').length, orders);
  });
}

/** What files and directories of a folder may be done with, each mode once. */
function modes(directory: string): { files: string[]; directories: string[] } {
  const found = { files: new Set<string>(), directories: new Set<string>() };
  for (const name of ['', ...(readdirSync(directory, { recursive: true }) as string[])]) {
    const state = statSync(join(directory, name));
    found[state.isDirectory() ? 'directories' : 'files'].add((state.mode & 0o777).toString(8));
  }
  return { files: [...found.files], directories: [...found.directories] };
}
