/** What policies cost in a shared buffer of a million slots: `node packages/sluice/src/core/caching/eviction/eviction.bench.ts`. In ns, medians of 5 rounds. */
import { mix32 } from '../../../base/hash.ts';
import { seededRandom } from '../../../base/random.ts';
import { evictionStateBytes, openEviction } from './open.ts';
import { EVICTION_NAMES, type EvictionPolicy } from './policy.ts';

const SLOTS = 1_000_000;
const ROUNDS = 5;
const CALLS = 1_000_000;

/** Slots as a skewed load uses them: most uses in a few. */
const random = seededRandom(1);
const popular = Int32Array.from({ length: CALLS }, () => Math.floor(SLOTS * random() ** 4));

/** Each call on its own would measure the clock: batches. */
function nanoseconds(work: () => void): number {
  const start = performance.now();
  work();
  return ((performance.now() - start) * 1e6) / CALLS;
}

function touch(policy: EvictionPolicy): void {
  for (const slot of popular) policy.touched(slot);
}

/** What a miss in a full cache does. @param from The key it begins with. */
function replace(policy: EvictionPolicy, from: number): void {
  for (let key = from; key < from + CALLS; key++) {
    const hash = mix32(key);
    policy.missed(hash);
    policy.added(policy.evict(), hash, 1);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1]!;
}

for (const name of EVICTION_NAMES) {
  const buffer = new SharedArrayBuffer(evictionStateBytes(name, SLOTS));
  const policy = openEviction(name, buffer, 0, { slots: SLOTS, capacityBytes: SLOTS, seed: 1, isNew: true });
  const added = nanoseconds(() => {
    for (let slot = 0; slot < SLOTS; slot++) policy.added(slot, mix32(slot), 1);
  });
  const touched: number[] = [];
  const replaced: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    touched.push(nanoseconds(() => touch(policy)));
    replaced.push(nanoseconds(() => replace(policy, SLOTS + round * CALLS)));
  }
  const figures = `touched ${median(touched).toFixed(0)}, added ${added.toFixed(0)}, missed + evict + added ${median(replaced).toFixed(0)}`;
  process.stdout.write(`${name.padEnd(10)} ${figures}; ${(buffer.byteLength / SLOTS).toFixed(1)} bytes for a slot\n`);
}
