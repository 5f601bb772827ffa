import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { DashboardFiles } from './dashboard-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-dashboard-'));
after(() => rmSync(folder, { recursive: true }));
const built = join(folder, 'dist');
mkdirSync(join(built, 'assets'), { recursive: true });
const PAGE = `<!doctype html>${'<p>sluice</p>'.repeat(100)}`;
writeFileSync(join(built, 'index.html'), PAGE);
writeFileSync(join(built, 'assets/index-CM2M6M6n.js'), 'const a = 1;\n'.repeat(100));
writeFileSync(join(built, 'assets/raw.bin'), 'unknown kind');
writeFileSync(join(folder, 'secret.html'), 'secret');
symlinkSync(join(folder, 'secret.html'), join(built, 'link.html'));
const files = new DashboardFiles([join(folder, 'none'), built]);

test('the page is asked for each time, what has a hash in its name never again', async () => {
  const page = (await files.reply('/', {}, true))!;
  deepEqual([page.status, page.body.toString(), page.headers['cache-control']], [200, PAGE, 'no-cache']);
  match(String(page.headers['content-security-policy']), /^default-src 'none'; script-src 'self'; .*frame-ancestors 'none'$/);
  const script = (await files.reply('/assets/index-CM2M6M6n.js', {}, true))!;
  equal(script.headers['cache-control'], 'public, max-age=31536000, immutable');
  equal(script.headers['content-type'], 'text/javascript; charset=utf-8');
});

test('each coding is what the client asked for, with a tag of its own that is answered with 304', async () => {
  const tags = new Set<string>();
  for (const [accept, coding, decode] of [
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
    ['identity', undefined, (bytes: Buffer) => bytes],
  ] as const) {
    const { headers, body } = (await files.reply('/index.html', { 'accept-encoding': accept }, true))!;
    deepEqual([headers['content-encoding'], headers['content-length'], headers['vary']], [coding, body.length, 'accept-encoding']);
    equal(decode(body).toString(), PAGE);
    const etag = String(headers['etag']);
    tags.add(etag);
    for (const known of [etag, `"other", W/${etag}`, '*']) {
      const again = (await files.reply('/', { 'accept-encoding': accept, 'if-none-match': known }, true))!;
      deepEqual([again.status, again.body.length, again.headers['etag']], [304, 0, etag]);
    }
    equal((await files.reply('/', { 'accept-encoding': accept, 'if-none-match': '"other"' }, true))!.status, 200);
  }
  equal(tags.size, 3);
});

test('security: nothing outside of the folder is reached, by no spelling', async () => {
  for (const path of [
    '/../secret.html',
    '/assets/../../secret.html',
    '/..%2fsecret.html',
    '/%2e%2e/secret.html',
    '/..\\secret.html',
    '//etc/passwd',
    '/index.html/',
    '/index.html%00',
    '/assets/raw.bin',
    '/link.html',
    '/__proto__',
    '/constructor',
    '',
  ])
    equal(await files.reply(path, {}, true), null, path);
});

test('without a dashboard the page says where the API is', async () => {
  for (const reply of [await files.reply('/', {}, false), await new DashboardFiles([join(folder, 'none')]).reply('/', {}, true)]) {
    ok(reply);
    equal(reply.headers['content-type'], 'text/plain; charset=utf-8');
    match(reply.body.toString(), /The API is under \/api/);
  }
  equal(await files.reply('/assets/index-CM2M6M6n.js', {}, false), null);
});

test('more than 2 MiB is refused, and read anew once it is smaller', async () => {
  const large = join(folder, 'large');
  mkdirSync(large);
  writeFileSync(join(large, 'index.html'), Buffer.alloc(2 * 1_048_576 + 1));
  const dashboard = new DashboardFiles([large]);
  await rejects(dashboard.reply('/', {}, true), /is larger than 200 files or 2 MiB; build it anew/);
  writeFileSync(join(large, 'index.html'), 'small');
  equal((await dashboard.reply('/', {}, true))!.body.toString(), 'small');
});
