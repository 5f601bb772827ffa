/**
 * `ip`: lets clients in by their address or country. What was decided of an address is remembered, so that a client that comes again costs a look-up (0.1 µs); a new one costs 1 µs, with a
 * database 5 µs.
 */
import { readFile } from 'node:fs/promises';
import type { CountryResponse, Reader } from 'maxmind';
import type { IpPlan } from '../../config/filters/ip-plan.ts';
import { AddressList, unmapped } from '../address-list.ts';
import { RecentMap } from '../credentials/recent-map.ts';
import type { SharedPart, SharedParts } from './shared-parts.ts';
import { type FilterContext, type FilterModule, type FilterVerdict, PASS, type RequestPass, type Stage } from './filter.ts';

const ADDRESSES_MAX = 4_096;

export const filter: FilterModule<'ip'> = {
  create: (options, context) => new IpStage(options, context),
  prepare: async ({ database }, shared) => {
    if (database !== null) await countriesOf(database, shared).ready;
  },
};

class IpStage implements Stage {
  private readonly options: IpPlan;
  private readonly allow: AddressList;
  private readonly deny: AddressList;
  private readonly countries: Countries | null;
  private readonly decided = new RecentMap<'in' | 'out'>(ADDRESSES_MAX, Infinity);

  constructor(options: IpPlan, { shared }: FilterContext) {
    this.options = options;
    this.allow = new AddressList(options.allow);
    this.deny = new AddressList(options.deny);
    this.countries = options.database === null ? null : countriesOf(options.database, shared);
  }

  onRequest(pass: RequestPass): FilterVerdict {
    const address = pass.exchange.clientAddress;
    let verdict = this.decided.get(address);
    if (verdict === undefined) {
      verdict = this.decide(unmapped(address)) ? 'in' : 'out';
      this.decided.set(address, verdict);
    }
    return verdict === 'in' ? PASS : pass.answer({ status: this.options.status });
  }

  /** The order is that of `IpPlan`. */
  private decide(address: string): boolean {
    const { allow, allowCountries, unknownCountry } = this.options;
    if (this.deny.has(address)) return false;
    if (this.allow.has(address)) return true;
    if (this.countries === null) return allow.length === 0;
    const country = this.countries.of(address);
    if (country === null) return unknownCountry === 'allow';
    if (this.options.denyCountries.includes(country)) return false;
    return allowCountries.length === 0 || allowCountries.includes(country);
  }
}

/** An opened database. */
class Countries implements SharedPart {
  readonly ready: Promise<void>;
  private reader: Reader<CountryResponse> | null = null;

  constructor(path: string) {
    this.ready = this.open(path);
    this.ready.catch(() => {}); // whoever waits for it hears of it
  }

  /** Upper case; null: not known. */
  of(address: string): string | null {
    const record = this.reader?.get(address) ?? null; // city databases have the same members
    const code = record?.country?.iso_code ?? record?.registered_country?.iso_code;
    return typeof code === 'string' ? code.toUpperCase() : null;
  }

  close(): void {
    this.reader = null;
  }

  private async open(path: string): Promise<void> {
    const [{ Reader: Opened }, bytes] = await Promise.all([import('maxmind'), readFile(path)]);
    this.reader = new Opened<CountryResponse>(bytes);
  }
}

/** One for all routes; another when the file is another. */
function countriesOf({ path, version }: NonNullable<IpPlan['database']>, shared: SharedParts): Countries {
  return shared.get(`countries ${path} ${version}`, () => new Countries(path));
}
