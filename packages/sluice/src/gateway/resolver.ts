/**
 * Names of endpoints: A and AAAA records asked again when their TTL is over, addresses used in turn. While the name server is gone the last
 * answer serves on. Names that DNS does not know (the hosts file) fall back to the system's resolver, asked again every 30 s.
 */
import { promises as dns, lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';

const TTL_MIN_MS = 1_000;
const TTL_MAX_MS = 300_000;
const SYSTEM_TTL_MS = 30_000;

interface Entry {
  addresses: LookupAddress[];
  expiresAt: number;
  turn: number;
  pending: Promise<void> | null;
}

/** A `lookup` for sockets, with a cache of its own. */
export function nameResolver(): { readonly lookup: LookupFunction } {
  const cache = new Map<string, Entry>();
  const lookup: LookupFunction = (name, options, done) => {
    const entry = cache.get(name) ?? { addresses: [], expiresAt: 0, turn: 0, pending: null };
    cache.set(name, entry);
    const answer = (): void => {
      if (entry.addresses.length === 0)
        return done(Object.assign(new Error(`name "${name}" has no address`), { code: 'ENOTFOUND' }), '', 4);
      const first = entry.turn++ % entry.addresses.length;
      const turned = [...entry.addresses.slice(first), ...entry.addresses.slice(0, first)];
      if (options.all === true) done(null, turned);
      else done(null, turned[0]!.address, turned[0]!.family);
    };
    if (entry.expiresAt > Date.now()) return answer();
    entry.pending ??= refresh(name, entry).finally(() => (entry.pending = null));
    // A stale answer now is better than a wait; only the first request of a name waits.
    if (entry.addresses.length > 0) answer();
    else void entry.pending.then(answer);
  };
  return { lookup };
}

async function refresh(name: string, entry: Entry): Promise<void> {
  const answers = await Promise.allSettled([dns.resolve4(name, { ttl: true }), dns.resolve6(name, { ttl: true })]);
  const records = answers.flatMap((answer, index) =>
    answer.status === 'fulfilled' ? answer.value.map((record) => ({ ...record, family: index === 0 ? 4 : 6 })) : [],
  );
  if (records.length > 0) {
    const ttlMs = Math.min(...records.map((record) => record.ttl)) * 1000;
    entry.addresses = records.map(({ address, family }) => ({ address, family }));
    entry.expiresAt = Date.now() + Math.min(TTL_MAX_MS, Math.max(TTL_MIN_MS, ttlMs));
    return;
  }
  const { promise, resolve } = Promise.withResolvers<LookupAddress[]>();
  systemLookup(name, { all: true }, (error, addresses) => resolve(error === null ? addresses : []));
  const addresses = await promise;
  if (addresses.length > 0) entry.addresses = addresses;
  entry.expiresAt = Date.now() + (addresses.length > 0 ? SYSTEM_TTL_MS : TTL_MIN_MS);
}
