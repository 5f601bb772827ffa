import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';

const directory = mkdtempSync(join(tmpdir(), 'sluice-cache-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const PROGRAM = join(import.meta.dirname, '../../bin/sluice.js');

async function run(
  words: readonly string[],
  input: string | Buffer = '',
): Promise<{ output: string; errors: string; code: number | null }> {
  const child = spawn(process.execPath, [PROGRAM, 'cache', 'simulate', ...words], { cwd: directory, timeout: 20_000 });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  // A program that refuses its flags does not read.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { output, errors, code };
}

/** The numbers of a policy's line. */
function figures(output: string, policy: string): number[][] {
  return [...output.matchAll(new RegExp(`^${policy} +(.*)$`, 'gm'))].map(([, numbers = '']) => numbers.split(/ +/).map(Number));
}

/** Four objects of 100, 200, 300 and 400 bytes, and what is not counted. */
const JSON_LOG = [
  ...[1, 2, 3, 4, 1, 2, 3, 4].map((n) => `{"method":"GET","host":"h","path":"/${n}","status":200,"bytesOut":${100 * n}}`),
  '{"method":"HEAD","host":"h","path":"/4","status":200,"bytesOut":0}',
  '{"method":"GET","host":"h","path":"/4","status":304,"bytesOut":0}',
  '{"method":"POST","host":"h","path":"/4","status":200,"bytesOut":10}',
  '{"method":"GET","host":"h","path":"/5","status":503,"bytesOut":10}',
  '{"method":',
].join('\n');

test('an access log gives the share of requests and of bytes, for each policy and size', async () => {
  writeFileSync(join(directory, 'access.log'), JSON_LOG);
  const { output, errors, code } = await run(['access.log', '--sizes', '100%,400B']);
  assert.deepEqual([errors, code], ['', 0]);
  assert.match(output, /^access\.log \(json\): 10 requests for 4 objects, 1000B together$/m);
  assert.match(output, /^left out: 2 requests with other methods or statuses$/m);
  assert.match(output, /^left out: 1 lines that are not json$/m);
  assert.match(output, /^POLICY +400B +100%=1000B$/m);
  assert.match(output, /more than 60\.0 % of the requests/);
  // Room for all: each misses once; 400 bytes, least recently used: only the last object is asked for again in time.
  assert.deepEqual(figures(output, 'lru'), [
    [20, 60],
    [28.6, 64.3],
  ]);
  for (const policy of ['fifo', 'lifo', 'mru', 'lfu', 'random', 's3-fifo', 'sieve', 'w-tinylfu']) {
    const [objects, bytes] = figures(output, policy);
    assert.deepEqual([objects?.[1], bytes?.[1]], [60, 64.3], policy);
  }
});

test('combined format, gzip and standard input are read, and keys that are words or numbers', async () => {
  const combined = [1, 2, 1, 2]
    .map((n) => `192.0.2.1 - - [01/Jan/2026:00:00:00 +0000] "GET /${n} HTTP/1.1" 200 ${n} "-" "curl"`)
    .join('\n');
  writeFileSync(join(directory, 'combined.log.gz'), gzipSync(combined));
  const zipped = await run(['combined.log.gz', '--sizes', '100%', '--policies', 'lru']);
  assert.match(zipped.output, /\(combined\): 4 requests for 2 objects, 3B together/);
  assert.deepEqual(figures(zipped.output, 'lru'), [[50], [50]]);

  const keys = await run(['-', '--sizes', '1,2', '--policies', 'lru,mru'], 'a\nb\nb\na\n');
  assert.match(keys.output, /^- \(keys\): 4 requests for 2 objects$/m);
  assert.deepEqual(figures(keys.output, 'lru'), [[25, 50]]);

  const words = Buffer.alloc(12);
  words.writeUInt32BE(7, 0);
  words.writeUInt32BE(7, 8);
  const numbers = await run(['--format', 'u32be', '--sizes', '2', '--policies', 'fifo', '-'], words);
  assert.deepEqual(figures(numbers.output, 'fifo'), [[33.3]]);
});

test('--svg draws one panel for requests and one for bytes', async () => {
  writeFileSync(join(directory, 'access.log'), JSON_LOG);
  const { errors, code } = await run(['access.log', '--svg', 'hits.svg']);
  assert.deepEqual([errors, code], ['', 0]);
  const svg = readFileSync(join(directory, 'hits.svg'), 'utf8');
  assert.match(svg, /^<svg [^>]*>\n<title>Cache hits by eviction policy: access\.log<\/title>/);
  assert.equal([...svg.matchAll(/<polyline /g)].length, 18);
});

test('what is wrong is one line that says what to do', async () => {
  writeFileSync(join(directory, 'empty.log'), '');
  writeFileSync(join(directory, 'posts.log'), '{"method":"POST","path":"/","status":200}\n');
  writeFileSync(join(directory, 'binary'), Buffer.from([1, 0, 2, 0, 3]));
  writeFileSync(join(directory, 'cut.log.gz'), gzipSync('a\n'.repeat(1_000)).subarray(0, 20));
  writeFileSync(join(directory, 'keys.log'), 'a\nb\n');
  for (const [words, expected, exit] of [
    [['absent.log'], /^sluice: absent\.log: ENOENT.*\n$/, 1],
    [['empty.log'], /^sluice: empty\.log: no requests in it\n$/, 1],
    [['posts.log'], /^sluice: posts\.log: nothing to simulate when read as json: 1 requests that caches do not answer, 0 unreadable/, 1],
    [['binary'], /^sluice: binary: is no text.*--format u32be\n$/, 1],
    [['binary', '--format', 'u32be'], /^sluice: binary: ends within a key: 4 bytes each, and 1 over\n$/, 1],
    [['cut.log.gz'], /^sluice: cut\.log\.gz: unexpected end of file\n$/, 1],
    [['a.xz'], /^sluice: a\.xz: only gzip is unpacked here.*xz -dc a\.xz \| sluice cache simulate -\n$/, 1],
    [
      ['keys.log', '--sizes', '1MiB'],
      /^sluice: --sizes: "1MiB" is in bytes, which this log does not have; write 10%, or a number of objects\n$/,
      2,
    ],
    [['keys.log', '--sizes', '0%'], /^sluice: --sizes: "0%" is no size; write 10% \(at most 100%\), 64MiB, or a number of objects\n$/, 2],
    [['keys.log', '--sizes', '150%'], /^sluice: --sizes: "150%" is no size/, 2],
    [['keys.log', '--policies', 'lru,arc'], /^sluice: --policies: unknown policy "arc", known are fifo, lifo, .*\n$/, 2],
    [['keys.log', '--svg', 'absent/hits.svg'], /^sluice: --svg absent\/hits\.svg: ENOENT.*\n$/, 1],
    [['keys.log', '--format', 'xml'], /^sluice: .*'xml' is invalid.*json, combined, keys, u32be.*\n$/, 2],
  ] as const) {
    const { errors, code } = await run(words);
    assert.match(errors, expected, words.join(' '));
    assert.equal(code, exit, words.join(' '));
  }
});
