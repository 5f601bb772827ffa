/** Files as clients get them: a real directory, a real worker, raw connections where the path is hostile. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readlink, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { brotliCompressSync, gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { seededRandom } from '../../base/random.ts';
import { startPlane, type TestPlane } from '../../../test/support/data-plane.ts';
import { RawClient } from '../../../test/support/raw-client.ts';

const SECRET = 'outside of the root';
/** A day before the worker's clock starts. */
const OLD = new Date(Date.UTC(2026, 0, 1));

interface Site extends AsyncDisposable {
  readonly directory: string;
  readonly root: string;
  readonly world: TestPlane;
}

/** Serves `files` (by path below the root), beside which lies a secret. */
async function site(
  files: Readonly<Record<string, string | Buffer>>,
  options: object = {},
  more: { to?: string; filters?: readonly object[] } = {},
): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-static-'));
  const root = join(directory, 'public');
  await mkdir(root);
  await writeFile(join(directory, 'secret.txt'), SECRET);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), content);
    await utimes(join(root, path), OLD, OLD);
  }
  const { to, filters = [] } = more;
  const world = await startPlane({
    services: { origin: { endpoints: [to ?? '127.0.0.1:9'], outlier: false, retry: false } },
    routes: [
      { path: '/*', ...(to === undefined ? {} : { to: 'origin' }), filters: [...filters, { static: { root, ...options } }] as never },
    ],
  });
  return {
    directory,
    root,
    world,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

async function get({ world }: Site, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  const asked = request({ port: world.port, host: '127.0.0.1', path, method, headers, agent: false }).end();
  const [reply] = (await once(asked, 'response')) as [IncomingMessage];
  const body = Buffer.concat(await reply.toArray());
  return { status: reply.statusCode!, headers: reply.headers, body, text: body.toString() };
}

async function statusOf(served: Site, path: string): Promise<number> {
  using client = await RawClient.open(served.world.port);
  const text = await client.ask(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`, (said) => said.includes('\r\n\r\n'));
  assert.ok(!text.includes(SECRET), `${path} gave the secret`);
  return Number(text.slice(9, 12));
}

const LARGE = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251));

describe('a file', () => {
  for (const [what, name, content] of [
    ['small', 'a.txt', Buffer.from('hello')],
    ['large', 'b.txt', LARGE],
    ['empty', 'c.txt', Buffer.alloc(0)],
  ] as const) {
    test(`that is ${what} is sent with its type, length and validators, again from what is known, and to HEAD without content`, async () => {
      await using served = await site({ [name]: content });
      for (const _ of ['first', 'again']) {
        const { status, headers, body } = await get(served, `/${name}`);
        assert.deepEqual(
          [status, headers['content-type'], headers['content-length']],
          [200, 'text/plain; charset=utf-8', String(content.length)],
        );
        assert.deepEqual([headers['accept-ranges'], headers['last-modified']], ['bytes', OLD.toUTCString()]);
        assert.match(headers['etag'] ?? '', /^"[\w-]+"$/);
        assert.ok(body.equals(content));
      }
      const [head, whole] = [await get(served, `/${name}`, {}, 'HEAD'), await get(served, `/${name}`)];
      assert.deepEqual([head.headers, head.body.length], [whole.headers, 0]);
    });
  }

  test('in a directory with an umlaut is found by its encoded name', async () => {
    await using served = await site({ 'grüße/ä b.txt': 'x' });
    assert.equal((await get(served, '/gr%C3%BC%C3%9Fe/%C3%A4%20b.txt')).text, 'x');
  });

  test('that changes is sent anew within a second; one that goes is missing', async () => {
    await using served = await site({ 'a.txt': 'old' });
    const first = await get(served, '/a.txt');
    await writeFile(join(served.root, 'a.txt'), 'newer');
    served.world.advance(1_001);
    const second = await get(served, '/a.txt');
    assert.equal(second.text, 'newer');
    assert.notEqual(second.headers['etag'], first.headers['etag']);
    await rm(join(served.root, 'a.txt'));
    served.world.advance(1_001);
    assert.equal((await get(served, '/a.txt')).status, 404);
    await writeFile(join(served.root, 'a.txt'), 'back');
    served.world.advance(1_001);
    assert.equal((await get(served, '/a.txt')).text, 'back');
  });

  test('large, that is another one by the time it is opened, is sent as it is then', async () => {
    await using served = await site({ 'b.bin': LARGE });
    await get(served, '/b.bin');
    await writeFile(join(served.root, 'b.bin'), Buffer.concat([LARGE, LARGE]));
    const { headers, body } = await get(served, '/b.bin');
    assert.deepEqual([headers['content-length'], body.length], ['600000', 600_000]);
  });
});

test('a kept file of 200 KiB reaches an HTTP/2 client with a small window whole, and a part of it', async () => {
  const content = LARGE.subarray(0, 200_000);
  await using served = await site({ 'f.bin': content });
  const client = connectHttp2(`http://127.0.0.1:${served.world.port}`, { settings: { initialWindowSize: 20_000 } });
  for (const [headers, expected] of [
    [{}, content],
    [{}, content],
    [{ range: 'bytes=1000-150000' }, content.subarray(1000, 150_001)],
  ] as const) {
    const body = Buffer.concat(await client.request({ ':path': '/f.bin', ...headers }).toArray());
    assert.ok(body.equals(expected), `${body.length} of ${expected.length}`);
  }
  client.close();
});

describe('conditions and ranges', () => {
  for (const [what, content] of [
    ['small', Buffer.from('0123456789')],
    ['large', LARGE],
  ] as const) {
    test(`of a ${what} file are judged as by an origin`, async () => {
      await using served = await site({ 'f.bin': content });
      const { etag } = (await get(served, '/f.bin')).headers as { etag: string };
      const unchanged = await get(served, '/f.bin', { 'If-None-Match': `"x", W/${etag}` });
      assert.deepEqual([unchanged.status, unchanged.headers['etag'], unchanged.body.length], [304, etag, 0]);
      assert.equal((await get(served, '/f.bin', { 'If-Modified-Since': OLD.toUTCString() })).status, 304);
      assert.equal((await get(served, '/f.bin', { 'If-Match': '"x"' })).status, 412);
      const part = await get(served, '/f.bin', { Range: 'bytes=2-5', 'If-Range': etag });
      assert.deepEqual([part.status, part.headers['content-range']], [206, `bytes 2-5/${content.length}`]);
      assert.ok(part.body.equals(content.subarray(2, 6)));
      const last = await get(served, '/f.bin', { Range: 'bytes=-3' });
      assert.ok(last.body.equals(content.subarray(-3)));
      assert.equal((await get(served, '/f.bin', { Range: 'bytes=2-5', 'If-Range': '"x"' })).status, 200);
      const none = await get(served, '/f.bin', { Range: `bytes=${content.length}-` });
      assert.deepEqual([none.status, none.headers['content-range']], [416, `bytes */${content.length}`]);
      assert.equal((await get(served, '/f.bin', { Range: 'bytes=2-5' }, 'HEAD')).status, 200);
      assert.equal((await get(served, '/f.bin', { Range: 'lines=2-5' })).status, 200);
    });
  }

  test('of several ranges give parts, each with its place', async () => {
    await using served = await site({ 'f.txt': LARGE });
    const { status, headers, body } = await get(served, '/f.txt', { Range: 'bytes=0-9, 100000-200000' });
    assert.equal(status, 206);
    const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(headers['content-type'] ?? '')![1]!;
    const text = body.toString('latin1');
    const parts = text.split(`--${boundary}`);
    assert.equal(parts.length, 4);
    assert.equal(parts[3], '--\r\n');
    assert.match(parts[1]!, /Content-Type: text\/plain; charset=utf-8\r\nContent-Range: bytes 0-9\/300000\r\n/);
    assert.ok(parts[2]!.endsWith(`\r\n\r\n${LARGE.toString('latin1', 100_000, 200_001)}\r\n`));
    assert.equal(headers['content-length'], String(body.length));
  });
});

describe('directories', () => {
  test('have an index, and a slash at their end', async () => {
    await using served = await site({ 'index.html': 'root', 'docs/index.html': 'docs', 'empty/x.txt': 'x' });
    assert.deepEqual([(await get(served, '/')).text, (await get(served, '/docs/')).text], ['root', 'docs']);
    const moved = await get(served, '/docs?a=b');
    assert.deepEqual([moved.status, moved.headers['location']], [301, '/docs/?a=b']);
    assert.equal((await get(served, '/empty/')).status, 404);
    assert.equal((await get(served, '/index.html/')).status, 404);
  });

  test('are listed where that is wanted, without what is hidden', async () => {
    await using served = await site({ 'd/<i>.txt': 'x', 'd/.env': 'x', 'd/sub/y.txt': 'x' }, { listing: true });
    const { status, headers, text } = await get(served, '/d/');
    assert.deepEqual([status, headers['content-type']], [200, 'text/html; charset=utf-8']);
    assert.match(text, /href="\.\/sub\/"/);
    assert.match(text, /href="\.\/%3Ci%3E\.txt">&lt;i&gt;\.txt</);
    assert.ok(!text.includes('.env'));
  });

  test('never redirect to another host', async () => {
    await using served = await site({ 'evil.example/x': 'x' });
    using client = await RawClient.open(served.world.port);
    const text = await client.ask('GET //evil.example HTTP/1.1\r\nHost: a\r\n\r\n', (said) => said.includes('\r\n\r\n'));
    assert.match(text, /^HTTP\/1.1 404/);
  });
});

describe('outside of the root', () => {
  const CORPUS = [
    '/../secret.txt',
    '/..//secret.txt',
    '/./../secret.txt',
    '/a/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/%2E%2E%2Fsecret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '/..\\secret.txt',
    '/%252e%252e/secret.txt',
    '/%252e%252e%252fsecret.txt',
    '/%c0%ae%c0%ae/secret.txt',
    '/%uff0e%uff0e/secret.txt',
    '/....//secret.txt',
    '/..;/secret.txt',
    '/.%00./secret.txt',
    '/secret.txt%00.html',
    '/a.txt%00',
    '/%2e%2e%00/secret.txt',
    '//secret.txt',
    '///etc/passwd',
    '/file:///etc/passwd',
    '/proc/self/environ',
    '/~root/',
    '/.git/config',
    '/.htpasswd',
    '/a.txt/../../secret.txt',
    '/a.txt/.',
    '/link.txt',
    '/up/secret.txt',
    '/loop',
    '/pipe',
  ];
  for (const encodedSlashes of ['reject', 'keep'] as const) {
    test(`is nothing, however it is asked for (encoded slashes: ${encodedSlashes})`, async () => {
      await using served = await site({ 'a.txt': 'a', '.git/config': SECRET, '.htpasswd': SECRET }, {});
      await symlink('../secret.txt', join(served.root, 'link.txt'));
      await symlink('..', join(served.root, 'up'));
      await symlink('loop', join(served.root, 'loop'));
      execFileSync('mkfifo', [join(served.root, 'pipe')]);
      const route = { path: '/*', filters: [{ static: { root: served.root } }] };
      await served.world.reload({ services: {}, routes: [route], listener: { encodedSlashes } });
      for (const path of CORPUS) assert.ok([400, 404].includes(await statusOf(served, path)), path);
      assert.equal(await statusOf(served, '/a.txt'), 200);
    });
  }

  test('can be linked to where that is allowed, inside always, and nowhere with none', async () => {
    await using served = await site({ 'real/a.txt': 'a' }, { symlinks: 'all' });
    await symlink('../secret.txt', join(served.root, 'out.txt'));
    await symlink('real', join(served.root, 'in'));
    assert.equal((await get(served, '/out.txt')).text, SECRET);
    for (const [symlinks, statuses] of [
      ['inside', [404, 200, 200]],
      ['none', [404, 404, 200]],
    ] as const) {
      await served.world.reload({ services: {}, routes: [{ path: '/*', filters: [{ static: { root: served.root, symlinks } }] }] });
      const seen = [await statusOf(served, '/out.txt'), await statusOf(served, '/in/a.txt'), await statusOf(served, '/real/a.txt')];
      assert.deepEqual(seen, statuses, symlinks);
    }
  });

  test('is never had by a name that becomes a link while it is asked for', async () => {
    await using served = await site({ 'a/x.txt': 'inside' });
    await mkdir(join(served.directory, 'b'));
    await writeFile(join(served.directory, 'b', 'x.txt'), SECRET);
    await symlink('../b', join(served.root, 'evil'));
    let isOver = false;
    const swapping = (async () => {
      for (let turn = 0; !isOver; turn++) {
        await rename(join(served.root, 'a'), join(served.root, 'kept'));
        await rename(join(served.root, 'evil'), join(served.root, 'a'));
        await rename(join(served.root, 'a'), join(served.root, 'evil'));
        await rename(join(served.root, 'kept'), join(served.root, 'a'));
      }
    })();
    const seen = new Set<number>();
    try {
      for (let count = 0; count < 300; count++) {
        seen.add(await statusOf(served, '/a/x.txt'));
        served.world.advance(1_001);
      }
    } finally {
      isOver = true;
      await swapping;
    }
    assert.ok(seen.has(200), 'the file inside was had');
  });

  test('is what a deployment that moves its link was before', async () => {
    await using served = await site({});
    for (const release of ['one', 'two']) {
      await mkdir(join(served.directory, release));
      await writeFile(join(served.directory, release, 'v.txt'), release);
    }
    const current = join(served.directory, 'current');
    await symlink('one', current);
    await served.world.reload({ services: {}, routes: [{ path: '/*', filters: [{ static: { root: current } }] }] });
    assert.equal((await get(served, '/v.txt')).text, 'one');
    await symlink('two', `${current}.new`);
    await rename(`${current}.new`, current);
    served.world.advance(1_001);
    assert.equal((await get(served, '/v.txt')).text, 'two');
  });
});

describe('what is not there', () => {
  test('is 404, other methods 405, where the route has no service', async () => {
    await using served = await site({ 'a.txt': 'a' });
    assert.equal((await get(served, '/b.txt')).status, 404);
    assert.equal((await get(served, '/b.txt')).status, 404);
    const posted = await get(served, '/a.txt', {}, 'POST');
    assert.deepEqual([posted.status, posted.headers['allow']], [405, 'GET, HEAD']);
  });

  test("is the service's, and so are other methods", async () => {
    const server = createServer((asked, reply) => reply.end(`service ${asked.method} ${asked.url}`)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await using served = await site({ 'a.txt': 'a' }, {}, { to: `127.0.0.1:${(server.address() as AddressInfo).port}` });
    assert.equal((await get(served, '/a.txt')).text, 'a');
    assert.equal((await get(served, '/b')).text, 'service GET /b');
    assert.equal((await get(served, '/b')).text, 'service GET /b');
    assert.equal((await get(served, '/a.txt', {}, 'DELETE')).text, 'service DELETE /a.txt');
    server.closeAllConnections();
    server.close();
  });

  test('is the page of an application, for pages and not for their files', async () => {
    await using served = await site({ 'index.html': 'app', 'app.js': 'js' }, { fallback: '/index.html' });
    assert.equal((await get(served, '/users/7')).text, 'app');
    assert.equal((await get(served, '/users/jo.doe', { Accept: 'text/html' })).text, 'app');
    assert.equal((await get(served, '/gone.js')).status, 404);
    assert.equal((await get(served, '/app.js')).text, 'js');
  });
});

describe('beside a file', () => {
  test('its coded forms are sent to who takes them', async () => {
    const files = {
      'a.js': 'x'.repeat(3000),
      'a.js.gz': gzipSync('x'.repeat(3000)),
      'a.js.br': brotliCompressSync('x'.repeat(3000)),
      'b.js': 'b',
    };
    await using served = await site(files, { precompressed: ['br', 'zstd', 'gzip'] });
    const coded = await get(served, '/a.js', { 'Accept-Encoding': 'gzip' });
    assert.deepEqual(
      [coded.headers['content-encoding'], coded.headers['vary'], coded.headers['content-type']],
      ['gzip', 'Accept-Encoding', 'text/javascript; charset=utf-8'],
    );
    assert.equal(gunzipSync(coded.body).toString(), files['a.js']);
    assert.equal((await get(served, '/a.js', { 'Accept-Encoding': 'gzip, br, zstd' })).headers['content-encoding'], 'br');
    const plain = await get(served, '/a.js');
    assert.deepEqual([plain.text, plain.headers['vary']], [files['a.js'], 'Accept-Encoding']);
    assert.notEqual(plain.headers['etag'], coded.headers['etag']);
    assert.equal((await get(served, '/b.js', { 'Accept-Encoding': 'gzip' })).headers['vary'], undefined);
    await writeFile(join(served.root, 'b.js.zst'), zstdCompressSync('b'));
    served.world.advance(1_001);
    assert.equal((await get(served, '/b.js', { 'Accept-Encoding': 'zstd' })).headers['content-encoding'], 'zstd');
    assert.equal((await get(served, '/b.js')).headers['vary'], 'Accept-Encoding');
  });

  test('a file is compressed on its way where it has no coded form', async () => {
    await using served = await site({ 'b.txt': LARGE, 'a.txt': 'a'.repeat(2000) }, {}, { filters: [{ compress: {} }] });
    for (const [path, content] of [
      ['/b.txt', LARGE],
      ['/a.txt', Buffer.from('a'.repeat(2000))],
    ] as const) {
      const { headers, body } = await get(served, path, { 'Accept-Encoding': 'gzip' });
      assert.equal(headers['content-encoding'], 'gzip');
      assert.ok(gunzipSync(body).equals(content));
      const again = await get(served, path, { 'Accept-Encoding': 'gzip', 'If-None-Match': headers['etag']! });
      assert.deepEqual([again.status, again.headers['etag']], [304, headers['etag']]);
      assert.equal((await get(served, path, { 'Accept-Encoding': 'gzip', Range: 'bytes=0-9' })).status, 206);
    }
  });
});

test('Cache-Control goes by the first pattern that fits', async () => {
  const cacheControl = { '/assets/*': 'public, max-age=31536000, immutable', '*': 'no-cache' };
  await using served = await site({ 'assets/a.js': 'a', 'index.html': 'b' }, { cacheControl });
  assert.equal((await get(served, '/assets/a.js')).headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal((await get(served, '/')).headers['cache-control'], 'no-cache');
});

describe('a large file', () => {
  const NOISE = ((): Buffer => {
    const random = seededRandom(3);
    return Buffer.from(Array.from({ length: 1 << 20 }, () => random() * 256));
  })();

  test('of 100 MiB streams in bounded memory, at the pace of its reader', async () => {
    await using served = await site({ 'b.bin': Buffer.concat(Array.from({ length: 100 }, () => NOISE)) });
    const before = process.memoryUsage().external;
    let bytes = 0;
    let most = 0;
    // The reader makes no memory of its own: what grows is the worker's.
    const take = (size: number): boolean => {
      bytes += size;
      most = Math.max(most, process.memoryUsage().external - before);
      return true;
    };
    const reader = connect({ port: served.world.port, host: '127.0.0.1', onread: { buffer: Buffer.alloc(64 * 1024), callback: take } });
    reader.write('GET /b.bin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    reader.resume();
    await once(reader, 'close');
    assert.ok(bytes > 100 << 20 && bytes < (100 << 20) + 1_000, String(bytes));
    assert.ok(most < 1 << 20, `${(most / 2 ** 20).toFixed(1)} MiB more than before`);
  });

  test('that becomes shorter is cut, and never looks whole', async () => {
    await using served = await site({ 'b.bin': Buffer.concat(Array.from({ length: 40 }, () => NOISE)) });
    const asked = request({ port: served.world.port, host: '127.0.0.1', path: '/b.bin', agent: false }).end();
    const [reply] = (await once(asked, 'response')) as [IncomingMessage];
    await truncate(join(served.root, 'b.bin'), 1000);
    await assert.rejects(reply.toArray(), { code: 'ECONNRESET' });
  });

  test('that is written to is cut before its last piece', async () => {
    await using served = await site({ 'b.bin': Buffer.concat(Array.from({ length: 40 }, () => NOISE)) });
    const asked = request({ port: served.world.port, host: '127.0.0.1', path: '/b.bin', agent: false }).end();
    const [reply] = (await once(asked, 'response')) as [IncomingMessage];
    await utimes(join(served.root, 'b.bin'), new Date(), new Date());
    await assert.rejects(reply.toArray(), { code: 'ECONNRESET' });
  });

  test('whose client leaves is closed', async () => {
    await using served = await site({ 'b.bin': Buffer.concat(Array.from({ length: 40 }, () => NOISE)) });
    const open = async (): Promise<number> => {
      const links = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
      return links.filter((link) => link.endsWith('b.bin')).length;
    };
    const asked = request({ port: served.world.port, host: '127.0.0.1', path: '/b.bin', agent: false }).end();
    const [reply] = (await once(asked, 'response')) as [IncomingMessage];
    reply.on('error', () => {});
    assert.equal(await open(), 1);
    asked.destroy();
    for (let turn = 0; (await open()) > 0; turn++) {
      assert.ok(turn < 300, 'the file is closed within 3 s');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
});
