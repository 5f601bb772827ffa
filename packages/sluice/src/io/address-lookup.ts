/**
 * The addresses of names that strangers choose: all of them, within a deadline, and with bounds on everything, since whoever asks may ask for a name of his own each time. DNS is asked by c-ares,
 * outside the thread pool; names that it does not know are looked for in the hosts file, two at a time. What is connected to is an address from here that was checked, never the name.
 *
 * Answers are kept for their TTL, 1 to 60 s, and that there is none for 1 s. Bounds: 2048 names kept, 512 under way; who asks for a name under way joins.
 */
import { promises as dns } from 'node:dns';
import { hostsFileAddresses } from './hosts-file.ts';

const TTL_MIN_MS = 1_000;
const TTL_MAX_MS = 60_000;
const SYSTEM_TTL_MS = 10_000;
const NAMES_MAX = 2_048;
const PENDING_MAX = 512;
const SYSTEM_MAX = 2;
/** Of one name; more say nothing new. */
const ADDRESSES_MAX = 32;

/** Whom names are asked of. */
export interface AddressSource {
  /** A or AAAA records; `ttl` in seconds. Rejects when there are none. */
  records(name: string, family: 4 | 6): Promise<readonly { readonly address: string; readonly ttl: number }[]>;
  /** What this machine says of it by itself; nothing when it knows none. */
  system(name: string): Promise<readonly string[]>;
  /** Milliseconds. */
  now(): number;
}

/** `full`: too many names are being asked for. */
export type LookupAnswer = readonly string[] | 'full';

interface Kept {
  readonly addresses: readonly string[];
  readonly untilMs: number;
}

/** c-ares' own patience: two tries of 2 s. */
const resolver = new dns.Resolver({ timeout: 2_000, tries: 2 });

const MACHINE: AddressSource = {
  records: (name, family) => (family === 4 ? resolver.resolve4(name, { ttl: true }) : resolver.resolve6(name, { ttl: true })),
  system: hostsFileAddresses,
  now: () => performance.now(),
};

export class AddressLookup {
  private readonly source: AddressSource;
  private readonly kept = new Map<string, Kept>();
  private readonly pending = new Map<string, Promise<readonly string[]>>();
  private readonly line: (() => void)[] = [];
  private running = 0;

  constructor(source: AddressSource = MACHINE) {
    this.source = source;
  }

  /** Empty where the name has none. The caller has the deadline; what comes later is kept for the next one. Never rejects. */
  find(name: string): LookupAnswer | Promise<LookupAnswer> {
    const known = this.kept.get(name);
    if (known !== undefined && this.source.now() < known.untilMs) return known.addresses;
    const running = this.pending.get(name);
    if (running !== undefined) return running;
    if (this.pending.size >= PENDING_MAX) return 'full';
    const asked = this.ask(name)
      .catch(() => []) // a resolver that throws knows no address
      .finally(() => this.pending.delete(name));
    this.pending.set(name, asked);
    return asked;
  }

  private async ask(name: string): Promise<readonly string[]> {
    // The dot says that it is whole: no search list makes another name of it.
    const answers = await Promise.allSettled([this.source.records(`${name}.`, 4), this.source.records(`${name}.`, 6)]);
    const records = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (records.length === 0) return this.keep(name, await this.askSystem(name), SYSTEM_TTL_MS);
    const ttlMs = Math.min(...records.map(({ ttl }) => ttl)) * 1_000;
    return this.keep(
      name,
      records.map(({ address }) => address),
      Math.min(TTL_MAX_MS, Math.max(TTL_MIN_MS, ttlMs)),
    );
  }

  /** Shares four threads with other files and passwords. */
  private async askSystem(name: string): Promise<readonly string[]> {
    if (this.running >= SYSTEM_MAX) await new Promise<void>((resolve) => this.line.push(resolve));
    else this.running++;
    try {
      return await this.source.system(name);
    } catch {
      return [];
    } finally {
      const next = this.line.shift();
      if (next === undefined) this.running--;
      else next(); // its place goes on
    }
  }

  private keep(name: string, found: readonly string[], ttlMs: number): readonly string[] {
    const addresses = [...new Set(found)].slice(0, ADDRESSES_MAX);
    const untilMs = this.source.now() + (addresses.length === 0 ? TTL_MIN_MS : ttlMs);
    this.kept.delete(name); // to the end of the order in which the oldest go
    this.kept.set(name, { addresses, untilMs });
    if (this.kept.size > NAMES_MAX) this.kept.delete(this.kept.keys().next().value!);
    return addresses;
  }
}
