/** TLS through the real program, with curl, openssl and Node as clients: several workers, certificates that change under load, floods, and what `check` says. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { request as httpsRequest, Agent } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { timestamp } from '../../src/base/time.ts';
import { type Gateway, type GatewayConfig, oneOrigin, startGateway } from '../support/gateway.ts';
import { hostileOrigin } from '../support/hostile-origin.ts';
import { startRecordingOrigin } from '../support/recording-origin.ts';
import { runProgram } from '../support/run-program.ts';
import { runSluice } from '../support/sluice-process.ts';
import { type LeafFiles, type TlsMaterial, tlsMaterial } from '../support/tls-material.ts';
import { eventually } from '../support/waiting.ts';

let material: TlsMaterial;
let server: LeafFiles;

before(async () => {
  material = await tlsMaterial();
  server = await material.leaf('server', ['a.example', 'localhost']);
});
after(() => material[Symbol.dispose]());

function config(tls: object, more: Partial<GatewayConfig> = {}): GatewayConfig {
  return {
    services: {},
    routes: [{ path: '/*', respond: { status: 200, body: 'ok' } }],
    workers: 2,
    listener: { tls: { certificates: [server.files], ...tls } },
    ...more,
  };
}

function openssl(gateway: Gateway, words: readonly string[], input = ''): ReturnType<typeof runProgram> {
  const base = ['s_client', '-connect', `127.0.0.1:${gateway.port}`, '-servername', 'a.example', '-CAfile', material.caFile];
  return runProgram('openssl', [...base, ...words], { input, inputOpenMs: 500 });
}

function curl(gateway: Gateway, words: readonly string[], path = '/'): ReturnType<typeof runProgram> {
  const where = ['--resolve', `a.example:${gateway.port}:127.0.0.1`, '--cacert', material.caFile];
  return runProgram('curl', ['-sS', ...where, ...words, `https://a.example:${gateway.port}${path}`]);
}

async function metric(gateway: Gateway, name: string): Promise<number> {
  const text = await (await gateway.admin('/metrics')).text();
  const sample = text.split('\n').find((line) => line.startsWith(`${name} `));
  return Number(sample?.slice(name.length + 1) ?? Number.NaN);
}

test('curl and openssl agree with us on versions, protocols and names', async () => {
  await using gateway = await startGateway(config({}));
  for (const version of ['1.2', '1.3']) {
    const { output } = await curl(gateway, [`--tlsv${version}`, '--tls-max', version, '--http1.1', '-w', ' %{http_code} %{http_version}']);
    assert.equal(output, 'ok 200 1.1');
  }
  const { output } = await openssl(gateway, ['-tls1_3', '-alpn', 'http/1.1', '-verify_return_error', '-verify_hostname', 'a.example']);
  assert.match(output, /ALPN protocol: http\/1\.1/);
  assert.match(output, /Verify return code: 0 \(ok\)/);
  assert.match(
    (await curl(gateway, ['--http1.1', '--tls-max', '1.1', '--ciphers', 'DEFAULT@SECLEVEL=0'])).output,
    /protocol version|no protocols|unsupported protocol/i,
  );
});

test('a session of one worker is resumed by any other', { timeout: 60_000 }, async () => {
  await using gateway = await startGateway(config({}));
  const session = join(material.directory, 'session.pem');
  for (const version of ['-tls1_2', '-tls1_3']) {
    const first = await openssl(gateway, [version, '-sess_out', session], 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n');
    assert.match(first.output, /New, TLSv1/);
    // The kernel spreads connections by their ports: six miss the other worker once in 64 runs, which would hide a fault, and never show one.
    for (let count = 0; count < 6; count++) {
      assert.match((await openssl(gateway, [version, '-sess_in', session])).output, /Reused, TLSv1/);
    }
  }
  assert.equal(await metric(gateway, 'sluice_tls_handshakes_total{listener="web",version="1.2",resumed="true"}'), 6);
});

test('over HTTP/2 the same rules hold: certificates are told of, and a name with other rules is misdirected', async () => {
  const alice = await material.leaf('alice', ['alice.example'], { purpose: 'client' });
  await using origin = await startRecordingOrigin();
  const tls = {
    clientCertificates: { mode: 'optional', ca: material.caFile },
    hosts: { localhost: { clientCertificates: false } },
    hsts: true,
  };
  await using gateway = await startGateway(config(tls, oneOrigin(origin.port)));
  const own = ['--http2', '--cert', alice.files.cert, '--key', alice.files.key, '-H', 'X-Client-Cert-Subject: CN=root', '-i'];
  const { output } = await curl(gateway, own);
  assert.match(output, /^HTTP\/2 200/);
  assert.match(output, /strict-transport-security: max-age=31536000/);
  const told = origin.requests[0]!.fields.filter(([name]) => name.startsWith('x-client-cert-')).map(([name, value]) => `${name}=${value}`);
  assert.deepEqual(told.slice(0, 1), ['x-client-cert-verified=true']);
  assert.ok(told.includes('x-client-cert-san=DNS:alice.example'));
  assert.ok(!told.some((field) => field.includes('root')));
  assert.match((await curl(gateway, ['--http2', '-i', '-H', 'Host: localhost'])).output, /^HTTP\/2 421/);
});

test('a reply that is cut looks cut to a TLS client', async () => {
  let isWhole = true;
  await using origin = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write('HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    await connection.sleep(200);
    if (isWhole) connection.write('0\r\n\r\n');
    else connection.reset();
  });
  await using gateway = await startGateway(config({}, oneOrigin(origin.port)));
  // HTTP/1.0: the end of the reply is the end of the connection, and a client tells by close_notify that it is whole.
  assert.deepEqual(await curl(gateway, ['--http1.0']), { code: 0, output: 'hello' });
  isWhole = false;
  const cut = await curl(gateway, ['--http1.0']);
  assert.notEqual(cut.code, 0);
  assert.match(cut.output, /reset|unexpected eof/i);
});

describe('a certificate that changes', () => {
  const next = (pair: { certPem: string; keyPem: string }, base: string): void => {
    for (const [kind, text] of [
      ['pem', pair.certPem],
      ['key', pair.keyPem],
    ] as const) {
      const path = join(material.directory, `${base}.${kind}`);
      writeFileSync(`${path}.new`, text);
      renameSync(`${path}.new`, path);
    }
  };

  test('is served without a word from anybody, and no request fails', { timeout: 60_000 }, async () => {
    const leaf = await material.leaf('changing', ['a.example']);
    await using gateway = await startGateway(config({ certificates: [leaf.files] }));
    await using load = startHttpsLoad(gateway.port, material.authority.certPem);
    await load.more(100);
    let serials = new Set<string>(load.serials);
    assert.equal(serials.size, 1);
    for (let count = 0; count < 3; count++) {
      const renewed = await material.authority.leaf(['a.example']);
      next(renewed, 'changing');
      const seen = load.serials.size;
      await eventually(10_000, 'the new one is served', () => load.serials.size > seen);
    }
    await load.more(100);
    const { failures, total } = await load.stop();
    assert.deepEqual(failures, []);
    assert.ok(total > 300);
    serials = load.serials;
    assert.equal(serials.size, 4);
    assert.match(gateway.output(), / reloaded /);
  });

  test('for the worse changes nothing, and is said', { timeout: 30_000 }, async () => {
    const leaf = await material.leaf('worse', ['a.example']);
    await using gateway = await startGateway(config({ certificates: [leaf.files] }));
    material.file('worse.key', server.keyPem);
    await eventually(10_000, 'it is said', () => /reload-refused fault=.*worse\.key.*does not belong/.test(gateway.output()));
    assert.equal((await curl(gateway, [])).output, 'ok');
    next(leaf, 'worse');
    const renewed = await material.authority.leaf(['a.example']);
    next(renewed, 'worse');
    await eventually(10_000, 'the right one is taken', () => / reloaded /.test(gateway.output()));
    assert.equal((await curl(gateway, [])).output, 'ok');
  });
});

describe('a flood', () => {
  async function slow(gateway: Gateway, count: number): Promise<Socket[]> {
    const sockets = Array.from({ length: count }, () => connectTcp(gateway.port, '127.0.0.1'));
    for (const socket of sockets) socket.on('error', () => {});
    await Promise.all(sockets.map((socket) => once(socket, 'connect').catch(() => null)));
    return sockets;
  }

  test('of hellos that never end is bounded, and ends; others are served', { timeout: 30_000 }, async () => {
    await using gateway = await startGateway(config({ handshakesPerSourceMax: 20, handshake: '2s' }, { workers: 1 }));
    const sockets = await slow(gateway, 200);
    for (const socket of sockets) socket.write(Buffer.from('1603010200', 'hex'));
    const name = (cause: string): string => `sluice_tls_handshakes_failed_total{listener="web",cause="${cause}"}`;
    await eventually(5_000, 'most are refused', async () => (await metric(gateway, name('limit'))) === 180);
    await eventually(5_000, 'the rest are late', async () => (await metric(gateway, name('timeout'))) === 20);
    assert.equal((await curl(gateway, [])).output, 'ok');
    for (const socket of sockets) socket.destroy();
  });
});

describe('check', () => {
  async function check(value: object): Promise<{ code: number | null; output: string }> {
    const file = material.file('check.json', JSON.stringify(value));
    return runSluice(['check', '--config', file]);
  }

  const withTls = (tls: unknown): object => ({ listeners: { web: { https: ':8443', tls } }, routes: [{ respond: 204 }] });

  test('refuses an expired certificate, which a gateway warns of and serves', { timeout: 30_000 }, async () => {
    const now = timestamp(Date.now() - 40 * 86_400_000);
    const old = await material.leaf('old', ['a.example'], { now, days: 30 });
    const { code, output } = await check(withTls({ certificates: old.files }));
    assert.equal(code, 2);
    assert.match(
      output,
      /1 fault\n {2}listener "web": tls\.certificates\[0\]\.cert file ".*old\.pem" has a certificate \(.*\) that expired on .*; renew it/,
    );
    await using gateway = await startGateway(config({ certificates: old.files }));
    assert.match(gateway.output(), / certificate warning=.*expired on/);
    assert.equal((await curl(gateway, ['--insecure'])).output, 'ok');
  });

  test('names every file that is wrong, with the remedy', { timeout: 30_000 }, async () => {
    const tls = { certificates: [{ cert: 'none.pem', key: server.files.key }], clientCertificates: { ca: 'none-either.pem' } };
    const { code, output } = await check(withTls(tls));
    assert.equal(code, 2);
    assert.match(output, /2 faults\n/);
    assert.match(output, /tls\.certificates\[0\]\.cert file ".*none\.pem" does not exist; check the path/);
    assert.match(output, /tls\.clientCertificates\.ca file ".*none-either\.pem" does not exist; check the path/);
  });
});

interface HttpsLoad extends AsyncDisposable {
  /** Of the certificates that were seen. */
  readonly serials: Set<string>;
  more(count: number): Promise<void>;
  stop(): Promise<{ readonly failures: readonly string[]; readonly total: number }>;
}

/** Two lanes that keep their connections, two that open one for each request, and one with all its requests on one HTTP/2 connection. */
function startHttpsLoad(port: number, ca: string): HttpsLoad {
  const serials = new Set<string>();
  const failures: string[] = [];
  let total = 0;
  let isStopped = false;
  const agents = [true, true, false, false].map(
    (keepAlive) => new Agent({ keepAlive, maxSockets: 1, maxCachedSessions: 0, ca, servername: 'a.example' }),
  );
  const ask = (agent: Agent): Promise<void> =>
    new Promise((resolve) => {
      const request = httpsRequest({ host: '127.0.0.1', port, agent, headers: { host: 'a.example' } }, (response) => {
        const socket = response.socket as TLSSocket;
        const serial = socket.getPeerX509Certificate()?.serialNumber;
        if (serial !== undefined) serials.add(serial);
        if (response.statusCode !== 200) failures.push(`status ${response.statusCode}`);
        response.resume().once('end', resolve);
      });
      request.once('error', (error: NodeJS.ErrnoException) => {
        failures.push(error.code ?? error.message);
        resolve();
      });
      request.end();
    });
  const lanes = agents.map(async (agent) => {
    while (!isStopped) {
      await ask(agent);
      total++;
    }
    agent.destroy();
  });
  const session = connectHttp2(`https://127.0.0.1:${port}`, { ca, servername: 'a.example' });
  session.on('error', (error: NodeJS.ErrnoException) => failures.push(`HTTP/2: ${error.code ?? error.message}`));
  session.on('goaway', () => failures.push('HTTP/2: GOAWAY'));
  const stream = (): Promise<void> =>
    new Promise((resolve) => {
      const request = session.request({ ':authority': 'a.example' });
      request.once('response', (head) => head[':status'] !== 200 && failures.push(`HTTP/2: status ${head[':status']}`));
      request.once('error', (error: NodeJS.ErrnoException) => failures.push(`HTTP/2: ${error.code ?? error.message}`));
      request.once('close', resolve).resume();
    });
  const multiplexed = async (): Promise<void> => {
    while (!isStopped && !session.destroyed) {
      await stream();
      total++;
    }
    session.destroy();
  };
  const all = [...lanes, multiplexed()];
  const stop = async () => {
    isStopped = true;
    await Promise.all(all);
    return { failures, total };
  };
  return {
    serials,
    async more(count) {
      const until = total + count;
      await eventually(20_000, `${count} more requests`, () => total >= until);
    },
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}
