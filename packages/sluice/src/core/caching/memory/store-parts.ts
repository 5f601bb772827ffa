/** The parts of which a thread's view of the store is made, wired once. */
import { assert } from '../../../base/assert.ts';
import type { EvictionPolicy } from '../eviction/policy.ts';
import { ClaimTable } from './claim-table.ts';
import { ExtentAllocator } from './extent-allocator.ts';
import { ChainCursor } from './extent-chain.ts';
import type { Decode } from './extent-chain.ts';
import { KeyHash } from './key-hash.ts';
import { CONTROL } from './memory-layout.ts';
import { storeViews } from './store-views.ts';
import type { StoreViews } from './store-views.ts';
import { PurgeBook } from './purge-book.ts';
import { SlotIndex } from './slot-index.ts';
import { SlotLife } from './slot-life.ts';
import { StoreLock } from './store-lock.ts';
import { recoverStore } from './store-recovery.ts';

export class StoreParts {
  readonly views: StoreViews;
  readonly owner: number;
  readonly decode: Decode;
  readonly lock: StoreLock;
  readonly index: SlotIndex;
  readonly extents: ExtentAllocator;
  readonly life: SlotLife;
  readonly purges: PurgeBook;
  readonly claims: ClaimTable;
  readonly policy: EvictionPolicy;
  readonly keyHash: KeyHash;
  readonly tagHash: KeyHash;
  /** For whatever is read or written within one call. */
  readonly cursor: ChainCursor;

  constructor(buffer: SharedArrayBuffer, owner: number, decode: Decode) {
    assert(Number.isInteger(owner) && owner >= 0 && owner <= CONTROL, `an owner is 0..${CONTROL}, not ${owner}`);
    this.views = storeViews(buffer);
    this.owner = owner;
    this.decode = decode;
    this.lock = new StoreLock(this.views.words, owner);
    this.index = new SlotIndex(this.views);
    this.extents = new ExtentAllocator(this.views);
    this.purges = new PurgeBook(this.views);
    this.claims = new ClaimTable(this.views);
    this.policy = this.views.openPolicy(false);
    this.life = new SlotLife(this);
    this.keyHash = new KeyHash(this.views.options.seed);
    this.tagHash = new KeyHash(this.views.options.seed);
    this.cursor = new ChainCursor(this.views);
  }

  /**
   * Does something under the lock. If it throws, what it left half done is made right before anybody else sees it.
   * @throws {AssertionError} when the lock cannot be had for 10 seconds.
   */
  locked<T>(work: () => T): T {
    this.lock.lock();
    return this.thenUnlock(work);
  }

  /** The same when the lock is held already. */
  thenUnlock<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      recoverStore(this, -1);
      throw error;
    } finally {
      this.lock.unlock();
    }
  }
}
