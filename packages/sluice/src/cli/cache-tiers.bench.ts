/** What a hit behind memory costs, in CPU of the whole process: found, read, checked. `node packages/sluice/src/cli/cache-tiers.bench.ts`; the shared tier needs redis-server. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ValkeyClient } from '../clients/valkey/valkey-client.ts';
import { DiskKeeper } from '../control/caching/disk-keeper.ts';
import { CONTROL, createMemoryStore, type EntryMeta, MemoryStore } from '../core/caching/memory/memory-store.ts';
import { SharedBoard } from '../core/caching/tier/shared-board.ts';
import { nodeRuntime } from '../io/node-runtime.ts';
import { freePort } from '../io/ports.ts';
import type { WorkerContext } from '../gateway/worker-context.ts';
import { DiskTier } from '../gateway/caching/disk-tier.ts';
import { SharedTier } from '../gateway/caching/shared-tier.ts';
import type { Tier } from '../gateway/caching/tiers.ts';

const MIB = 2 ** 20;
const KEYS = 200;
const worker = { index: 0, clock: nodeRuntime.clock, event: () => {} } as unknown as WorkerContext;
const options = { capacityBytes: 64 * MIB, entriesMax: 4_096, objectBytesMax: 4 * MIB, eviction: 's3-fifo', seed: 1 } as const;
const memory = new MemoryStore(createMemoryStore(options), CONTROL);

const keyOf = (size: number, index: number): string => `https://www.example/products/${size}/${index}?\n@web`;

async function fill(tier: Tier, size: number): Promise<void> {
  const body = Buffer.alloc(size, 'x');
  const times = { receivedAt: Date.now(), initialAgeMs: 0, freshForMs: 3_600_000, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 };
  const meta: EntryMeta = {
    kind: 0,
    status: 200,
    flags: 0,
    ...times,
    head: 'Content-Type: text/html\r\nETag: "a"\r\n',
    tags: ['a', 'b'],
    bodyBytes: size,
  };
  for (let index = 0; index < KEYS; index++) {
    const writer = memory.begin(keyOf(size, index), meta)!;
    writer.append(body, 0, size);
    writer.finish();
    tier.store(keyOf(size, index), meta, memory.find(keyOf(size, index))!);
    if (index % 20 === 19) await sleep(30);
  }
  await sleep(500);
}

async function measure(tier: Tier, size: number, atOnce: number): Promise<void> {
  const rounds = 6_000;
  let found = 0;
  const one = async (index: number): Promise<void> => {
    const entry = await tier.find(keyOf(size, index % KEYS));
    if (entry === null) return;
    let bytes = 0;
    for await (const piece of entry.body) bytes += piece.length;
    if (bytes === size) found++;
  };
  for (let index = 0; index < 400; index++) await one(index);
  found = 0;
  const begun = performance.now();
  const cpu = process.cpuUsage();
  for (let index = 0; index < rounds; index += atOnce) await Promise.all(Array.from({ length: atOnce }, (_, at) => one(index + at)));
  const used = process.cpuUsage(cpu);
  const wall = performance.now() - begun;
  const micros = (used.user + used.system) / rounds;
  console.log(
    `${tier.detail.padEnd(6)} ${String(size).padStart(7)} bytes, ${atOnce} at once: ${micros.toFixed(1)} µs CPU, ${((wall * 1_000) / rounds).toFixed(1)} µs wall; ${found}/${rounds} found`,
  );
}

const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const keeper = new DiskKeeper({ name: 'bench', directory, bytes: 256 * MIB, runtime: nodeRuntime, say: () => {} });
keeper.start();
while (!keeper.board.isWritable) await sleep(10);
const disk = new DiskTier({ worker, name: 'bench', directory, bytes: 256 * MIB, board: keeper.board });
for (const size of [1_024, 102_400, MIB]) {
  await fill(disk, size);
  for (const atOnce of [1, 16]) await measure(disk, size, atOnce);
}
console.log(keeper.status());

const begunMiss = performance.now();
for (let index = 0; index < 100_000; index++) await disk.find('https://www.example/none');
console.log(`disk miss: ${((performance.now() - begunMiss) / 100).toFixed(2)} µs`);
await keeper.close();
rmSync(directory, { recursive: true });

const port = await freePort('127.0.0.1');
const server = spawn('redis-server', ['--port', String(port), '--save', ''], { stdio: 'ignore' });
const client = new ValkeyClient({ url: `redis://127.0.0.1:${port}`, runtime: nodeRuntime, say: () => {}, commandTimeoutMs: 1_000 });
client.start();
while (!client.isUp) await sleep(10);
const board = SharedBoard.make();
board.isKnown = true;
const shared = new SharedTier({ worker, name: 'bench', prefix: 'bench:', objectBytesMax: 4 * MIB, client, board });
for (const size of [1_024, 102_400]) {
  await fill(shared, size);
  for (const atOnce of [1, 16]) await measure(shared, size, atOnce);
}
client.close();
server.kill();
