/**
 * The one way of a worker into each memory of a cache. Two of them would count the same pins apart, and one would give up what the other still holds; yet plans come and go while replies are
 * under way, and each brings its buffers as objects of their own. So they are told apart by what stands in the memory, and found again as long as anybody uses them: who has a pin has the store.
 */
import { MemoryStore } from '../../core/caching/memory/memory-store.ts';
import { storeViews } from '../../core/caching/memory/store-views.ts';

/** Node's own, which its types do not have. */
const { latin1Slice } = Buffer.prototype as unknown as { latin1Slice(this: Uint8Array, start: number, end: number): string };
const latin1 = (bytes: Uint8Array, start: number, end: number): string => latin1Slice.call(bytes, start, end);

/** Of this thread. */
const known = new Map<string, WeakRef<MemoryStore>>();

/** @param buffer As `createMemoryStore` made it. @param owner Index of the worker. */
export function workerMemory(buffer: SharedArrayBuffer, owner: number): MemoryStore {
  const { seed, capacityBytes } = storeViews(buffer).options;
  const name = `${owner} ${capacityBytes} ${seed}`; // the seed is random for each memory
  for (const [other, store] of known) if (store.deref() === undefined) known.delete(other);
  const before = known.get(name)?.deref();
  if (before !== undefined) return before;
  const store = new MemoryStore(buffer, owner, latin1);
  known.set(name, new WeakRef(store));
  return store;
}
