/** The admin API of a real gateway under clients that mean it ill: what they reach, what they hold, and what it costs. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SluiceProcess } from '../support/sluice-process.ts';
import { RawClient } from '../support/raw-client.ts';
import { rawExchange, statuses } from '../support/raw-exchange.ts';
import { eventually } from '../support/waiting.ts';

const TOKEN = 'correct-horse-battery-staple';
const OTHER = 'another-horse-battery-staple';
const AUTH = `Authorization: Bearer ${TOKEN}`;
/** Open at once, of all kinds together. */
const STREAMS_MAX = 64;

let folder: string;
let sluice: SluiceProcess;
let port: number;

/** What runs, with these tokens of scope `read` besides the one that may do all. */
async function configure(readers: readonly string[]): Promise<void> {
  const tokens = readers.map((token, index) => ({
    name: `reader-${index}`,
    sha256: createHash('sha256').update(token).digest('hex'),
    scope: 'read',
  }));
  const config = {
    listeners: { web: { http: '127.0.0.1:0' } },
    services: { app: { endpoints: ['127.0.0.1:9'] } },
    routes: [{ path: '/*', to: 'app' }],
    admin: { address: '127.0.0.1:0', token: TOKEN, tokens },
    workers: 1,
  };
  await writeFile(join(folder, 'sluice.config.json'), JSON.stringify(config));
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-hostile-'));
  await configure([OTHER]);
  sluice = new SluiceProcess(['up', '--config', join(folder, 'sluice.config.json')]);
  const [, found] = await sluice.line(/^ {2}admin .*http:\/\/127\.0\.0\.1:(\d+)/);
  port = Number(found);
});

after(async () => {
  sluice?.signal('SIGKILL');
  await sluice?.ended;
  await rm(folder, { recursive: true, force: true });
});

interface Asked {
  readonly fields?: readonly string[];
  readonly body?: string;
}

/** Sent as it is. @returns The reply, head and body. */
async function ask(line: string, { fields = [AUTH], body = '' }: Asked = {}): Promise<{ status: number; text: string }> {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`, 'Content-Type: application/json'];
  const head = [`${line} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: close', ...length, ...fields].join('\r\n');
  const { text } = await rawExchange(port, `${head}\r\n\r\n${body}`, { waitMs: 15_000 });
  return { status: statuses(text)[0] ?? 0, text };
}

async function residentMiB(): Promise<number> {
  const status = await readFile(`/proc/${sluice.child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1_024;
}

const refused = (status: number): boolean => status >= 400 && status < 500;

test('tokens in odd forms open nothing', async () => {
  // Fewer than ten: that many close the door for a minute.
  const odd = [
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN}x`,
    `Basic ${Buffer.from(`token:${TOKEN}`).toString('base64')}`,
    `Bearer ${createHash('sha256').update(TOKEN).digest('hex')}`,
    `Bearer ${TOKEN}, Bearer ${TOKEN}`,
    TOKEN,
    `Bearer ${'x'.repeat(8_000)}`,
  ];
  for (const value of odd) {
    const { status } = await ask('GET /api/me', { fields: [`Authorization: ${value}`] });
    assert.equal(status, 401, value.slice(0, 60));
  }
  assert.equal(
    (await ask('GET /api/me', { fields: [`authorization: bEARER  ${TOKEN}`] })).status,
    200,
    'schemes have no case (RFC 9110 §11.1)',
  );
  assert.equal((await ask('GET /api/me', { fields: [`Authorization: Bearer ${'x'.repeat(100_000)}`] })).status, 431);
});

test('with the token too, other sites, null origins and preflights are refused', async () => {
  const fields = [
    ['Origin: null'],
    ['Origin: http://evil.example'],
    ['Origin: http://127.0.0.1.evil.example'],
    ['Origin: http://127.0.0.1:1'],
    ['Origin: http://127.0.0.1', 'Sec-Fetch-Site: cross-site'],
    ['Sec-Fetch-Site: same-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'],
    ['Sec-Fetch-Site: SAME-ORIGIN'],
    ['Sec-Fetch-Site: none', 'Sec-Fetch-Site: cross-site'],
    ['Origin: http://evil.example', 'Access-Control-Request-Method: POST'],
  ];
  for (const some of fields)
    for (const line of ['POST /api/reload', 'GET /api/status', 'OPTIONS /api/reload', 'GET /%61pi/status', 'GET //api/status']) {
      const { status, text } = await ask(line, { fields: [AUTH, ...some] });
      assert.equal(status, 403, `${line} ${some.join()}`);
      assert.doesNotMatch(text, /access-control-allow/i);
    }
  assert.equal((await ask('GET /api/status', { fields: [AUTH, 'Origin: http://127.0.0.1', 'Sec-Fetch-Site: same-origin'] })).status, 200);
});

test('paths and targets of any form reach nothing that they do not name, and every one has an answer', async () => {
  const lines: readonly (readonly [string, number])[] = [
    ['GET //api/status', 404],
    ['GET /api/status/', 404],
    ['GET /API/status', 404],
    ['GET /api/services/%00', 400],
    ['GET /api/services/__proto__', 404],
    ['GET /api/services/constructor', 404],
    ['GET /api/services/app/endpoints/__proto__', 404],
    ['GET /api/services/hasOwnProperty/decisions', 404],
    ['GET /api/caches/__proto__/keys', 404],
    ['GET /api/series?service=__proto__', 404],
    ['GET /api/plans/__proto__', 400],
    ['GET /api/services/%ff', 400],
    ['GET /%2e%2e/%2e%2e/%2e%2e/etc/passwd', 404],
    ['GET /..%2f..%2f..%2fetc/passwd', 404],
    ['GET /assets/../../../../package.json', 404],
    ['GET /%5c..%5cpackage.json', 404],
    ['GET /api/status?__proto__=1', 400],
    ['GET /api/services?cursor=%00', 400],
    ['GET /api/services?cursor=AAAA', 200],
    ['TRACE /api/status', 405],
    ['OPTIONS *', 400],
    ['PUT /api/status', 405],
  ];
  for (const [line, status] of lines) assert.equal((await ask(line)).status, status, line);
  assert.equal((await ask('CONNECT example.com:443')).status, 0, 'a CONNECT ends the connection');
});

test('a body can be of any shape, and what is told of it is short', async () => {
  const many = Array.from({ length: 100_000 }, (_, index) => `"${index.toString(36)}":1`).join(',');
  const bodies: readonly (readonly [string, string])[] = [
    ['deep', '['.repeat(1_000_000)],
    ['closed', `{"match":${'['.repeat(400_000)}${']'.repeat(400_000)}}`],
    ['members', `{${many}}`],
    ['labels', `{"for":"1s","match":{${many}}}`],
    ['prototype', '{"__proto__":{"scope":"admin"},"for":"1s","match":{"a":"b"}}'],
    ['label prototype', '{"for":"1s","match":{"__proto__":"b"}}'],
    ['twice', '{"for":"1s","for":"99d","match":{"a":"b"}}'],
  ];
  for (const [name, body] of bodies) {
    const { status, text } = await ask('POST /api/silences', { body });
    assert.equal(status, 400, name);
    assert.ok(text.length < 10_000, `${name}: ${text.length} bytes are told`);
  }
  assert.equal((await ask('POST /api/services/app/scale', { body: `{"instances":${'9'.repeat(900_000)}}` })).status, 400);
  const query = Array.from({ length: 4_000 }, (_, index) => index.toString(36)).join('&');
  const { status, text } = await ask(`GET /api/events?${query}`);
  assert.deepEqual([status, text.length < 10_000], [400, true]);
});

test('streams are bounded, free again when their clients go, and cost no memory while nobody reads', async () => {
  const open = (): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`GET /api/live HTTP/1.1\r\nHost: 127.0.0.1\r\n${AUTH}\r\n\r\n`);
        resolve(socket.pause());
      }).once('error', reject);
    });
  const isFull = async (): Promise<boolean> => (await ask('HEAD /api/live')).status === 200 && (await tryStream()) === 503;
  const tryStream = async (): Promise<number> => {
    const client = await RawClient.open(port);
    using _ = client;
    return statuses(
      await client.ask(`GET /api/live HTTP/1.1\r\nHost: 127.0.0.1\r\n${AUTH}\r\n\r\n`, (text) => text.includes('\r\n\r\n')),
    )[0]!;
  };
  const sockets: Socket[] = [];
  for (let count = 0; count < STREAMS_MAX; count++) sockets.push(await open());
  await eventually(5_000, 'all streams to be taken', isFull);
  const before = await residentMiB();
  for (let round = 0; round < 100; round++) await ask('POST /api/services/app/scale', { body: '{"instances":1}' });
  const grown = (await residentMiB()) - before;
  assert.ok(grown < 64, `${grown.toFixed(1)} MiB more`);
  for (const socket of sockets) socket.destroy();
  await eventually(5_000, 'streams to be free again', async () => (await tryStream()) === 200);
  for (let round = 0; round < 200; round++) (await open()).destroy();
  await eventually(5_000, 'streams of clients that went at once to be free', async () => (await tryStream()) === 200);
  assert.equal((await ask('GET /api/me')).status, 200);
});

test('what a client says that it has seen last is a number of ours, or nothing', async () => {
  for (const id of ['-1', '1e9', '0x10', '9'.repeat(400), '1,2', '\u00ff', '__proto__']) {
    const client = await RawClient.open(port);
    using _ = client;
    const request = `GET /api/live?topics=events HTTP/1.1\r\nHost: 127.0.0.1\r\n${AUTH}\r\nLast-Event-ID: ${id}\r\n\r\n`;
    const text = await client.ask(request, (got) => got.includes('retry: '));
    assert.match(text, /^HTTP\/1\.1 200 /, id);
    assert.doesNotMatch(text, /event: gap/, id);
  }
});

test('streams of a token that is taken back end, and it opens nothing any more', async () => {
  const client = await RawClient.open(port);
  using _ = client;
  const fields = `Host: 127.0.0.1\r\nAuthorization: Bearer ${OTHER}\r\n`;
  await client.ask(`GET /api/live HTTP/1.1\r\n${fields}\r\n`, (text) => text.includes('event: status'));
  assert.equal((await ask('POST /api/reload', { fields: [`Authorization: Bearer ${OTHER}`] })).status, 403, 'it may only read');
  await configure([]);
  assert.equal((await ask('POST /api/reload')).status, 200);
  await client.until('the stream ends', (text) => text.endsWith('0\r\n\r\n'));
  assert.equal((await ask('GET /api/me', { fields: [`Authorization: Bearer ${OTHER}`] })).status, 401);
});

test('reloads, rollbacks and conditions at once: each has an answer, and one configuration runs in the end', async () => {
  const asked = Array.from({ length: 30 }, async (_, index) => {
    await configure([`reader-token-number-${index}`]);
    const line = index % 3 === 2 ? 'POST /api/plans/1/rollback' : 'POST /api/reload';
    return (await ask(line, { fields: index % 5 === 4 ? [AUTH, 'If-Match: "stale.stale"'] : [AUTH] })).status;
  });
  const found = await Promise.all(asked);
  assert.ok(
    found.every((status) => [200, 409, 412, 422].includes(status)),
    found.join(),
  );
  assert.ok(found.includes(412));
  await configure([OTHER]);
  assert.equal((await ask('POST /api/reload')).status, 200);
  assert.equal((await ask('GET /api/me', { fields: [`Authorization: Bearer ${OTHER}`] })).status, 200);
  for (const tag of ['', '"', 'W/', '*, x', ',,,,', '"a"b"', 'x'.repeat(5_000)])
    assert.ok((await ask('POST /api/reload', { fields: [AUTH, `If-Match: ${tag}`] })).status < 500, tag.slice(0, 20));
});

test('whatever is asked, pages say what may run in them, and nothing was an internal error', async () => {
  for (const line of ['GET /', 'GET /index.html', 'GET /nowhere', 'GET /api/nowhere', 'GET /metrics', 'GET /api/status', 'HEAD /']) {
    const { text } = await ask(line);
    assert.match(text, /\r\ncontent-security-policy: default-src 'none';/i, line);
    assert.match(text, /\r\nx-content-type-options: nosniff/i, line);
  }
  assert.doesNotMatch(sluice.output, /internal-error|admin-error/);
});

test('guessers are shut out, wrong tokens and right ones alike', async () => {
  const found: number[] = [];
  for (let guess = 0; guess < 12; guess++)
    found.push((await ask('GET /api/me', { fields: [`Authorization: Bearer guess-${guess}`] })).status);
  assert.ok(found.includes(429), found.join());
  assert.equal((await ask('GET /api/me')).status, 429);
  assert.ok(refused((await ask('POST /api/reload')).status));
  assert.equal((await ask('GET /healthz', { fields: [] })).status, 200);
});
