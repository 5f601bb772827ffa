/** Records that were damaged: read as what was written, or not at all. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { EntryMeta } from '../core/caching/memory/memory-store.ts';
import { readDiskFile, TornFile, writeDiskFile } from './cache-disk-file.ts';
import { readRecord, recordBytes, recordHeader, wholeBody, wholeRecord } from './cache-disk-record.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-record-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const latin1 = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 300 });
const tag = fc.stringMatching(/^[!-~]{1,20}$/);
const meta = (bodyBytes: number): fc.Arbitrary<EntryMeta> =>
  fc.record(
    {
      kind: fc.constantFrom(0 as const, 1 as const),
      status: fc.integer({ min: 0, max: 1023 }),
      flags: fc.integer(),
      receivedAt: fc.double({ min: 0, max: 4e12, noNaN: true }),
      initialAgeMs: fc.nat(),
      freshForMs: fc.constantFrom(0, 1, Number.MAX_SAFE_INTEGER),
      staleWhileRevalidateMs: fc.nat(),
      staleIfErrorMs: fc.nat(),
      head: latin1,
      tags: fc.array(tag, { maxLength: 5 }),
      bodyBytes: fc.constant(bodyBytes),
    },
    { noNullPrototype: true },
  );
const bytesOf = (length: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 255));
const lengths = fc.constantFrom(0, 1, 4_000, 65_535, 65_536, 65_537, 150_000, 400_000);

function pieces(body: Buffer): Buffer[] {
  const all: Buffer[] = [];
  for (let at = 0; at < body.length; at += 10_007) all.push(body.subarray(at, at + 10_007));
  return all;
}

const written = lengths.chain((length) =>
  fc.record({ key: fc.string({ maxLength: 100 }), meta: meta(length), born: fc.bigInt({ min: 0n, max: 2n ** 62n }) }),
);

test('what was written is read', async () => {
  await fc.assert(
    fc.asyncProperty(written, fc.nat(), async ({ key, meta: given, born }, count) => {
      const body = bytesOf(given.bodyBytes);
      const header = recordHeader(key, given, born, 77);
      const whole = wholeRecord(header, body.length, pieces(body));
      assert.equal(whole.length, recordBytes(header.length, body.length));
      const record = readRecord(whole)!;
      assert.deepEqual([record.key, record.meta, record.born, record.epoch], [key, given, born, 77]);
      assert.deepEqual(Buffer.concat(wholeBody(whole, record)!), body);
      const path = join(folder, `w${count}`);
      await writeDiskFile(path, header, pieces(body));
      assert.deepEqual(await readFile(path), whole, 'a file has the same bytes');
      assert.deepEqual(await read(path), body);
      rmSync(path);
    }),
    { numRuns: 60 },
  );
});

test('a file whose bytes were changed, cut or added to gives no byte that is wrong', async () => {
  const harm = fc.oneof(
    fc.record({
      kind: fc.constant('flip' as const),
      at: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      bits: fc.integer({ min: 1, max: 255 }),
      more: fc.nat({ max: 5 }),
    }),
    fc.record({ kind: fc.constant('cut' as const), at: fc.double({ min: 0, max: 0.999_999, noNaN: true }) }),
    fc.record({ kind: fc.constant('swap' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(written, harm, fc.nat(), async ({ key, meta: given, born }, how, count) => {
      const body = bytesOf(given.bodyBytes);
      const header = recordHeader(key, given, born, 77);
      const bytes = wholeRecord(header, body.length, pieces(body));
      const at = 'at' in how ? Math.floor(how.at * bytes.length) : 0;
      let harmed: Buffer = Buffer.from(bytes);
      if (how.kind === 'cut') harmed = harmed.subarray(0, at);
      else if (how.kind === 'flip') for (let each = 0; each <= how.more; each++) harmed[(at + each * 7_919) % bytes.length]! ^= how.bits;
      else if (body.length >= 131_072) {
        const frame = harmed.subarray(header.length, header.length + 65_540);
        harmed = Buffer.concat([
          harmed.subarray(0, header.length),
          harmed.subarray(header.length + 65_540, header.length + 131_080),
          frame,
          harmed.subarray(header.length + 131_080),
        ]);
      } else return;
      if (harmed.equals(bytes)) return;
      const path = join(folder, `h${count}`);
      writeFileSync(path, harmed);
      const got = await read(path);
      rmSync(path);
      assert.ok(
        got === null || (got.length < body.length && body.subarray(0, got.length).equals(got)),
        'nothing, or the beginning of what was written',
      );
      const record = readRecord(harmed);
      if (record !== null) assert.equal(wholeBody(harmed, record), null);
    }),
    { numRuns: 300 },
  );
});

/** What a reader would have sent; null: nothing. */
async function read(path: string): Promise<Buffer | null> {
  const reading = await readDiskFile(path, 4_096);
  if (reading.kind !== 'found') return null;
  const parts: Buffer[] = [];
  try {
    for await (const piece of reading.body) parts.push(Buffer.from(piece));
  } catch (error) {
    assert.ok(error instanceof TornFile);
  }
  return Buffer.concat(parts);
}
