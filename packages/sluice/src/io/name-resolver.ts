/**
 * Names of endpoints: A and AAAA records asked again when their TTL is over, addresses used in turn. While the name server is gone the last
 * answer serves on. Names that DNS does not know (the hosts file) come from the system's resolver, asked again every 30 s; the first time both are
 * asked at once, so that `localhost` need not wait for a name server that is not there.
 */
import { promises as dns, lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';

const TTL_MIN_MS = 1_000;
const TTL_MAX_MS = 300_000;
const SYSTEM_TTL_MS = 30_000;

/** Whom names are asked of. */
export interface NameSource {
  /** A or AAAA records; `ttl` in seconds. Rejects when there are none. */
  records(name: string, family: 4 | 6): Promise<readonly { readonly address: string; readonly ttl: number }[]>;
  /** What the system says; nothing when it knows none. */
  system(name: string): Promise<readonly LookupAddress[]>;
  /** Milliseconds. */
  now(): number;
}

interface Entry {
  addresses: readonly LookupAddress[];
  expiresAt: number;
  turn: number;
  /** Under way: ends when DNS has answered, or the system where DNS knows nothing. */
  refresh: Promise<void> | null;
  /** The first addresses of a new name, or that there are none. */
  first: Promise<void> | null;
}

const MACHINE: NameSource = {
  records: (name, family) => (family === 4 ? dns.resolve4(name, { ttl: true }) : dns.resolve6(name, { ttl: true })),
  system: (name) =>
    new Promise((resolve) => systemLookup(name, { all: true }, (error, addresses) => resolve(error === null ? addresses : []))),
  now: Date.now,
};

/** A `lookup` for sockets, with a cache of its own. */
export function nameResolver(source: NameSource = MACHINE): { readonly lookup: LookupFunction } {
  const cache = new Map<string, Entry>();
  const lookup: LookupFunction = (name, options, done) => {
    const entry = cache.get(name) ?? { addresses: [], expiresAt: 0, turn: 0, refresh: null, first: null };
    cache.set(name, entry);
    const answer = (): void => {
      if (entry.addresses.length === 0)
        return done(Object.assign(new Error(`name "${name}" has no address`), { code: 'ENOTFOUND' }), '', 4);
      const first = entry.turn++ % entry.addresses.length;
      const turned = [...entry.addresses.slice(first), ...entry.addresses.slice(0, first)];
      if (options.all === true) done(null, turned);
      else done(null, turned[0]!.address, turned[0]!.family);
    };
    if (entry.expiresAt <= source.now() && entry.refresh === null) refresh(source, name, entry);
    // A stale answer now is better than a wait; only the first requests of a name wait.
    if (entry.addresses.length > 0 || entry.first === null) answer();
    else void entry.first.then(answer);
  };
  return { lookup };
}

function refresh(source: NameSource, name: string, entry: Entry): void {
  const isNew = entry.addresses.length === 0;
  const system = isNew ? source.system(name) : null;
  entry.refresh = ask(source, name, entry, system).finally(() => (entry.refresh = entry.first = null));
  if (system === null) return;
  const soonest = system.then((addresses) => (takeSystem(source, entry, addresses) ? undefined : entry.refresh!));
  entry.first = Promise.race([entry.refresh, soonest]).then(() => {});
}

async function ask(source: NameSource, name: string, entry: Entry, system: Promise<readonly LookupAddress[]> | null): Promise<void> {
  const answers = await Promise.allSettled([source.records(name, 4), source.records(name, 6)]);
  const records = answers.flatMap((answer, index) =>
    answer.status === 'fulfilled' ? answer.value.map(({ address, ttl }) => ({ address, ttl, family: index === 0 ? 4 : 6 })) : [],
  );
  if (records.length > 0) {
    const ttlMs = Math.min(...records.map((record) => record.ttl)) * 1000;
    entry.addresses = records.map(({ address, family }) => ({ address, family }));
    entry.expiresAt = source.now() + Math.min(TTL_MAX_MS, Math.max(TTL_MIN_MS, ttlMs));
    return;
  }
  if (!takeSystem(source, entry, await (system ?? source.system(name)))) entry.expiresAt = source.now() + TTL_MIN_MS;
}

function takeSystem(source: NameSource, entry: Entry, addresses: readonly LookupAddress[]): boolean {
  if (addresses.length === 0) return false;
  entry.addresses = addresses;
  entry.expiresAt = source.now() + SYSTEM_TTL_MS;
  return true;
}
