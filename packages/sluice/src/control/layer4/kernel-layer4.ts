/**
 * Layer 4 in the kernel: Linux spreads and forwards, this loop tells it how. It owns one nftables table, keeps it at what is described and changed, reads its
 * counters and removes it at the end. When the process is killed the table stays and balances on as it last was; the next one takes it over.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import { drained, type EndpointChange, type KernelDescription, withEndpoint } from '../../core/layer4/kernel-description.ts';
import { kernelFaults } from '../../core/layer4/kernel-fault.ts';
import { CounterBook, countsOf, type ListenerCounts } from '../../core/layer4/nft-counters.ts';
import { deletionScript } from '../../core/layer4/nft-table.ts';
import type { ForgetSessions } from '../../io/conntrack.ts';
import type { NetworkState } from '../../io/network-state.ts';
import { type Nft, NftError } from '../../io/nft.ts';
import type { SayEvent } from '../say-event.ts';
import { networkWarnings } from './network-warnings.ts';
import { SessionCutter } from './session-cutter.ts';
import { TableWriter } from './table-writer.ts';

export interface KernelLayer4Options {
  /** Of this program on this machine: the table is `sluice_NAME`. Two programs with one name would take the table from each other. */
  readonly name: string;
  readonly nft: Nft;
  readonly network: NetworkState;
  readonly forget: ForgetSessions;
  readonly runtime: Runtime;
  readonly say: SayEvent;
  /** Told of the counts every 5 s. */
  readonly counted: (counts: readonly ListenerCounts[]) => void;
}

/** An endpoint of a listener. */
export interface KernelPlace {
  readonly listener: string;
  readonly address: string;
  readonly port: number;
}

const COUNT_EVERY_MS = 5_000;

export class KernelLayer4 implements AsyncDisposable {
  readonly #options: KernelLayer4Options;
  readonly #table: string;
  readonly #writer: TableWriter;
  readonly #cutter: SessionCutter;
  readonly #book = new CounterBook();
  readonly #warned = new Set<string>();
  #description: KernelDescription = { listeners: [] };
  #counting: Cancel | null = null;
  #count: Promise<void> | null = null;
  #isDisposed = false;

  constructor(options: KernelLayer4Options) {
    const { name, nft, network, runtime, say, forget } = options;
    this.#options = options;
    this.#table = `sluice_${name}`;
    this.#cutter = new SessionCutter(forget, say);
    this.#writer = new TableWriter({
      table: this.#table,
      nft,
      runtime,
      say,
      networks: () => network.networks(),
      written: (description, isReplaced) => {
        if (isReplaced) this.#book.restart();
        this.#cutter.follow(description);
      },
    });
  }

  /**
   * Sets all listeners and endpoints. What is the same as before is not touched.
   * @returns When it is in force. Rejects with all faults of the description, then nothing has changed; or with NftError when the first attempt failed:
   *   attempts go on until one succeeds, another description comes, or the end.
   */
  async set(description: KernelDescription): Promise<void> {
    if (this.#isDisposed) throw new Error('kernel layer 4 has ended');
    const faults = kernelFaults(description);
    if (faults.length > 0) throw new Error(faults.join('; '));
    this.#description = description;
    this.#warn();
    this.#counting ??= this.#options.runtime.timers.every(COUNT_EVERY_MS, () => void this.count());
    this.#writer.want(description);
    await this.#writer.settled();
  }

  /** Changes state or weight of an endpoint, within 50 ms. @returns False when there is no such endpoint. */
  change({ listener, address, port }: KernelPlace, change: EndpointChange): boolean {
    const description = withEndpoint(this.#description, { listener, address, port }, change);
    if (description === null || this.#isDisposed) return false;
    if (kernelFaults({ listeners: description.listeners.filter(({ name }) => name === listener) }).length > 0) return false;
    this.#description = description;
    this.#writer.want(description);
    return true;
  }

  /** Resolves when all that was said is in force; rejects when an attempt to get there fails. */
  settled(): Promise<void> {
    return this.#writer.settled();
  }

  /** Takes no new connections any more; the ones there go on until the table is removed. */
  async drain(): Promise<void> {
    if (this.#counting === null) return;
    this.#description = drained(this.#description);
    this.#writer.want(this.#description);
    await this.settled();
  }

  /** Reads the counters now and tells them. Never rejects. */
  async count(): Promise<void> {
    this.#count ??= this.#readCounters().finally(() => (this.#count = null));
    await this.#count;
  }

  /** Removes the table; connections through it end. Never rejects: what fails is told. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#counting?.();
    await this.#writer.stop();
    await this.#count;
    // Nothing was ever wanted, so nothing is ours to remove.
    if (this.#counting === null) return;
    await this.#options.nft.apply(deletionScript(this.#table)).catch((error: Error) => {
      const remedy = `nft delete table inet ${this.#table}`;
      this.#options.say('error', 'kernel-layer4-left', { table: this.#table, reason: error.message, remedy });
    });
  }

  async #readCounters(): Promise<void> {
    try {
      const totals = this.#book.read(await this.#options.nft.counters(this.#table));
      if (this.#isDisposed) return;
      this.#options.counted(countsOf(this.#description, totals));
      // The machine's networks may have changed, which masquerading follows; usually there is nothing to write.
      this.#writer.want(this.#description);
    } catch (error) {
      if (this.#isDisposed || !this.#writer.isInForce || !(error instanceof NftError) || error.failure !== 'lost') return;
      this.#options.say('warn', 'kernel-layer4-lost', { table: this.#table, reason: 'another program removed it; writing it again' });
      this.#writer.lost();
    }
  }

  #warn(): void {
    for (const warning of networkWarnings(this.#description, this.#options.network)) {
      if (this.#warned.has(warning)) continue;
      this.#warned.add(warning);
      this.#options.say('warn', 'kernel-layer4-network', { reason: warning });
    }
  }
}
