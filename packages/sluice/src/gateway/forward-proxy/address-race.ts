/**
 * Connects to the first of some checked addresses that answers (after RFC 8305): the next one is tried when one fails, or has said nothing for 250 ms, so that a broken IPv6 costs a moment and not
 * the whole time to connect. What is dialled is the address itself: nothing here knows a name, and nothing resolves one again. At most four addresses.
 */
import type { LookupFunction } from 'node:net';
import { EndpointLink, isExhaustion, type LinkOwner } from '../layer4/endpoint-link.ts';

const STAGGER_MS = 250;
const ADDRESSES_MAX = 4;

/** Who waits. `admission.ts` is it. */
export interface RaceOwner {
  /** @returns Who is told what this connection says from now on. */
  onConnected(link: EndpointLink, address: string): LinkOwner;
  /** None could be connected to. @param isExhausted We ourselves have no more sockets, or ports. */
  onFailed(isExhausted: boolean): void;
}

/** Would be asked only for something that is no address. */
const NO_NAMES: { readonly lookup: LookupFunction } = {
  lookup: (name, _options, done) => done(Object.assign(new Error(`${name} is not an address`), { code: 'ENOTFOUND' }), '', 4),
};

export class AddressRace {
  private readonly owner: RaceOwner;
  private readonly addresses: readonly string[];
  private readonly port: number;
  private readonly running = new Set<Runner>();
  private next = 0;
  private isExhausted = false;
  private isOver = false;
  private timer: NodeJS.Timeout | null = null;

  constructor(owner: RaceOwner, addresses: readonly string[], port: number) {
    this.owner = owner;
    this.addresses = interleaved(addresses).slice(0, ADDRESSES_MAX);
    this.port = port;
  }

  start(): void {
    const address = this.addresses[this.next];
    this.stopTimer();
    if (this.isOver || address === undefined) return;
    this.next++;
    if (this.next < this.addresses.length) this.timer = setTimeout(() => this.start(), STAGGER_MS);
    this.running.add(new Runner(this, address, this.port));
  }

  /** Nobody waits any more. */
  cancel(): void {
    this.isOver = true;
    this.stopTimer();
    for (const runner of this.running) runner.link.destroy(true);
    this.running.clear();
  }

  won(runner: Runner): LinkOwner {
    this.running.delete(runner);
    this.cancel();
    return this.owner.onConnected(runner.link, runner.address);
  }

  lost(runner: Runner, error: NodeJS.ErrnoException | null): void {
    if (!this.running.delete(runner) || this.isOver) return;
    runner.link.destroy(false);
    if (error !== null && isExhaustion(error)) this.isExhausted = true;
    if (this.next < this.addresses.length) return this.start();
    if (this.running.size > 0) return;
    this.isOver = true;
    this.owner.onFailed(this.isExhausted);
  }

  private stopTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}

/** One connection under way; once it stands, it passes on what its link says. */
class Runner implements LinkOwner {
  readonly address: string;
  readonly link: EndpointLink;
  private readonly race: AddressRace;
  private owner: LinkOwner | null = null;

  constructor(race: AddressRace, address: string, port: number) {
    this.race = race;
    this.address = address;
    this.link = new EndpointLink(this, { target: { kind: 'tcp', host: address, port }, tls: null, resolver: NO_NAMES, preface: null });
  }

  onConnected(): void {
    this.owner = this.race.won(this);
    this.owner.onConnected();
  }

  onEndpointBytes(bytes: Buffer): boolean {
    return this.owner?.onEndpointBytes(bytes) ?? false;
  }

  onEndpointDrain(): void {
    this.owner?.onEndpointDrain();
  }

  onEndpointEnd(): void {
    this.owner?.onEndpointEnd();
  }

  onEndpointError(error: NodeJS.ErrnoException): void {
    if (this.owner === null) this.race.lost(this, error);
    else this.owner.onEndpointError(error);
  }

  onClosed(): void {
    if (this.owner === null) this.race.lost(this, null);
    else this.owner.onClosed();
  }
}

/** The families in turn, the first one's first, each in its order. */
function interleaved(addresses: readonly string[]): readonly string[] {
  const isFirst = (address: string): boolean => address.includes(':') === addresses[0]!.includes(':');
  const [first, second] = [addresses.filter(isFirst), addresses.filter((address) => !isFirst(address))];
  return first
    .flatMap((address, index) => (index < second.length ? [address, second[index]!] : [address]))
    .concat(second.slice(first.length));
}
