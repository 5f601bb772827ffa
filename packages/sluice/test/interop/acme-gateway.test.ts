/** Certificates by ACME through the real program, with Debian's pebble as the server that asks our own listeners for the proofs. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { connect, createServer } from 'node:net';
import { after, test } from 'node:test';
import { timestamp } from '../../src/base/time.ts';
import type { ConfigInput } from '../../src/config/schema/config.ts';
import { CertificateStore } from '../../src/io/certificate-store.ts';
import { freePort } from '../../src/io/ports.ts';
import { testAuthority } from '../support/authority.ts';
import { type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { type Pebble, startPebble } from '../support/pebble.ts';
import { skipWithout } from '../support/system-program.ts';
import { peerCertificate, startTlsLoad } from '../support/tls-client.ts';
import { eventually, within } from '../support/waiting.ts';

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
  readonly source: string;
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
        await eventually(5_000, 'it is served', () =>
          look(pebble, name).then(
            () => true,
            () => false,
          ),
        );
        serials.push(await look(pebble, name));
      }
      assert.deepEqual(modes(storage), { files: ['600'], directories: ['700'] });
      const [first, second] = await certificates(gateway);
      assert.deepEqual([first?.names, second?.names], [['a.example.com'], ['b.example.com']]);
      assert.ok(Date.parse(first?.nextAttempt ?? '') < Date.parse(first?.notAfter ?? ''));
      assert.ok((await metric(gateway, 'sluice_certificate_expiry_seconds{listener="secure",name="a.example.com"}')) > 4 * 365 * 86_400);
      assert.equal(await metric(gateway, 'sluice_certificate_orders_total{result="issued"}'), 2);
      assert.doesNotMatch(gateway.output(), /(?:error|failed|PRIVATE)/);
    }
    const orders = pebble.output().split('Issued certificate serial').length;
    await using again = await startGateway(wanted);
    assert.deepEqual(await Promise.all(names.map((name) => look(pebble, name))), serials);
    assert.doesNotMatch(again.output(), /certificate-/);
    assert.equal(pebble.output().split('Issued certificate serial').length, orders);
  });
}

async function metric(gateway: Gateway, name: string): Promise<number> {
  const text = await (await gateway.admin('/metrics')).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length) ?? Number.NaN,
  );
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

test('a certificate that is due is renewed under load, and no request fails', { skip }, async () => {
  await using pebble = await startPebble();
  const storage = newStorage();
  const name = 'renewed.example.com';
  const authority = await testAuthority('Old CA');
  const due = await authority.leaf([name], { now: timestamp(Date.now() - 80 * DAY_MS), days: 90 });
  const gate = Promise.withResolvers<void>();
  const port = await freePort('127.0.0.1');
  using _way = await forward({ from: port, to: Number(new URL(pebble.directoryUrl).port), gate: gate.promise });
  const directory = `https://127.0.0.1:${port}/dir`;
  await new CertificateStore({ storage, directoryUrl: directory }).saveCertificate([name], due);
  const wanted = config({ pebble, names: [name], storage, acme: { directory } });
  await using gateway = await startGateway(wanted);
  const shown = { port: pebble.tlsPort, serverName: name, ca: authority.certPem + (await pebble.root()) };
  const load = startTlsLoad(shown, 6);
  await eventually(10_000, 'the load runs', () => sum(load.answered) > 50);
  assert.equal(load.answered.size, 1);
  gate.resolve();
  await eventually(30_000, `it is renewed: ${gateway.output()}`, () => load.answered.size === 2);
  const renewed = (await peerCertificate(shown)).serialNumber;
  await eventually(10_000, 'new connections have the new one', () => (load.answered.get(renewed) ?? 0) > 50);
  await load.stop();
  assert.deepEqual(load.failures, []);
  // Without the section nothing is left to do.
  const { acme: _acme, more, ...rest } = wanted;
  await gateway.reload({ ...rest, more: { clear: more!['clear']! } });
  assert.deepEqual(await certificates(gateway), []);
  await eventually(5_000, 'who orders is gone', () => childrenOf(gateway.pid, 'issuing-process').length === 0);
});

test('a server that is down costs nothing but the certificate, and is asked again', { skip }, async () => {
  await using pebble = await startPebble();
  const port = await freePort('127.0.0.1');
  const names = ['late.example.com'];
  const directory = `https://127.0.0.1:${port}/dir`;
  await using gateway = await startGateway(config({ pebble, names, storage: newStorage(), acme: { directory } }));
  await eventually(10_000, 'the failure is told', () => /certificate-failed/.test(gateway.output()));
  const [status] = await certificates(gateway);
  assert.match(status?.lastError ?? '', /ACME server 127\.0\.0\.1:\d+: .*ECONNREFUSED/);
  const waitMs = Date.parse(status?.nextAttempt ?? '') - Date.now();
  assert.ok(waitMs > 0 && waitMs < 31_000, String(waitMs));
  assert.equal((await fetch(`http://127.0.0.1:${gateway.port}/`)).status, 200);
  await assert.rejects(peerCertificate({ port: pebble.tlsPort, serverName: names[0]!, ca: await pebble.root() }), {
    code: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
  });
  assert.equal(await metric(gateway, 'sluice_tls_handshakes_failed_total{listener="secure",cause="no-certificate"}'), 1);
  assert.equal(await metric(gateway, 'sluice_certificate_orders_total{result="failed"}'), 1);
  using _way = await forward({ from: port, to: Number(new URL(pebble.directoryUrl).port) });
  await eventually(45_000, 'it is issued after all', () => /certificate-issued/.test(gateway.output()));
  assert.equal((await certificates(gateway))[0]?.lastError, null);
});

test('a server that a stranger has signed is told of, and nothing is sent to it', { skip }, async () => {
  await using pebble = await startPebble();
  const ca = join(folder, 'stranger.pem');
  writeFileSync(ca, (await testAuthority('Another CA')).certPem);
  await using gateway = await startGateway(config({ pebble, names: ['wrong.example.com'], storage: newStorage(), acme: { ca } }));
  await eventually(10_000, 'the failure is told', () => /certificate-failed/.test(gateway.output()));
  assert.match((await certificates(gateway))[0]?.lastError ?? '', /name the authority that signed it/);
  assert.equal((await fetch(`http://127.0.0.1:${gateway.port}/`)).status, 200);
});

test('an authority that knows its customers gets the binding, and nobody else the key', { skip }, async () => {
  const hmacKey = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
  await using pebble = await startPebble({ externalAccounts: { 'kid-1': hmacKey } });
  const wanted = { pebble, names: ['bound.example.com'] };
  {
    await using gateway = await startGateway(config({ ...wanted, storage: newStorage() }));
    await eventually(10_000, 'what is missing is told', () => /certificate-failed.*key identifier and HMAC key/.test(gateway.output()));
  }
  await using gateway = await startGateway(config({ ...wanted, storage: newStorage(), acme: { account: { keyId: 'kid-1', hmacKey } } }));
  await eventually(30_000, `it is issued: ${gateway.output()}`, () => /certificate-issued/.test(gateway.output()));
  const shown = [gateway.output(), await (await gateway.admin('/api/status')).text(), await (await gateway.admin('/metrics')).text()];
  assert.ok(!shown.some((text) => text.includes(hmacKey) || text.includes('PRIVATE KEY')));
});

test('a stop in the middle of an order is no failure, and leaves nothing behind', { skip }, async () => {
  await using pebble = await startPebble();
  const port = await freePort('127.0.0.1');
  using _way = await forward({ from: port, to: port, gate: new Promise(() => {}) });
  const storage = newStorage();
  const directory = `https://127.0.0.1:${port}/dir`;
  await using gateway = await startGateway(config({ pebble, names: ['stopped.example.com'], storage, acme: { directory } }));
  await eventually(
    10_000,
    'the order is under way',
    () => existsSync(storage) && (readdirSync(storage, { recursive: true }) as string[]).some((path) => path.endsWith('account.json')),
  );
  gateway.signal('SIGTERM');
  assert.equal(await within(5_000, 'it ends', gateway.exited), 0);
  assert.doesNotMatch(gateway.output(), /certificate-failed|error/);
  const left = (readdirSync(storage, { recursive: true }) as string[]).map((path) => basename(path));
  assert.deepEqual(
    left.filter((name) => /attempt|\.tmp$/.test(name)),
    [],
  );
});

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

/** Process ids of children whose command line has this in it. */
function childrenOf(pid: number, what: string): string[] {
  const isWanted = (id: string): boolean => {
    try {
      const parent = /\nPPid:\t(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1];
      return parent === String(pid) && readFileSync(`/proc/${id}/cmdline`, 'utf8').includes(what);
    } catch {
      return false; // gone meanwhile
    }
  };
  return readdirSync('/proc').filter((id) => /^\d+$/.test(id) && isWanted(id));
}

interface Way {
  readonly from: number;
  readonly to: number;
  /** Nothing passes before. */
  readonly gate?: Promise<void>;
}

/** Connections to one port go to another. */
async function forward({ from, to, gate = Promise.resolve() }: Way): Promise<Disposable> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    void gate.then(() => {
      const onward = connect(to, '127.0.0.1');
      socket.pipe(onward).pipe(socket);
      socket.on('close', () => onward.destroy());
      onward.on('error', () => socket.destroy());
    });
  });
  server.listen(from, '127.0.0.1');
  await once(server, 'listening');
  return { [Symbol.dispose]: () => server.close() };
}
