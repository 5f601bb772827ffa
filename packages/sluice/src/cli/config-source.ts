/** Where a command's configuration comes from, and what the command line says over it. */
import { availableParallelism } from 'node:os';
import { ADMIN, isLoopback, parseAddress } from '../config/address.ts';
import type { PlanResult } from '../io/load-plan.ts';
import { PlanProcess } from '../io/plan-process.ts';
import { usageFault } from './console.ts';
import type { AddressPlan } from '../config/plan.ts';

/** Reads the configuration; each call reads it anew. */
export interface ConfigSource {
  /** What it is called in messages: a file's path, or the command. */
  readonly name: string;
  /** Workers that its first plan has for certain: they may be started before it is there. */
  readonly workersExpected: number;
  load(): Promise<PlanResult>;
  /** It is not read any more. */
  close(): void;
}

/** Flags that go before what the configuration says. */
export interface ConfigOverrides {
  readonly workers?: number | undefined;
  /** Null turns the admin API off. */
  readonly admin?: AddressPlan | null | undefined;
}

/** A configuration file; without a path, the one in the working directory. What loads it starts at once, while the rest of the program is imported. */
export function fileSource(path: string | undefined, overrides: ConfigOverrides): ConfigSource {
  const loader = new PlanProcess();
  loader.start();
  return {
    name: path ?? 'sluice.config',
    workersExpected: overrides.workers ?? 1,
    load: async () => withAdmin(await loader.load({ kind: 'file', path: path ?? null }, planOptions(overrides)), overrides),
    close: () => loader.close(),
  };
}

/** A configuration that a command builds from its flags. Warnings are about what people write: there are none here. */
export function fixedSource(name: string, raw: object, overrides: ConfigOverrides): ConfigSource {
  const loader = new PlanProcess();
  loader.start();
  return {
    name,
    workersExpected: overrides.workers ?? availableParallelism(),
    load: async () => {
      const result = withAdmin(await loader.load({ kind: 'value', value: raw }, planOptions(overrides)), overrides);
      return result.ok ? { ...result, warnings: [] } : result;
    },
    close: () => loader.close(),
  };
}

function planOptions({ workers }: ConfigOverrides) {
  return { generation: 0, cores: availableParallelism(), ...(workers === undefined ? {} : { override: { workers } }) };
}

const NEEDS_TOKEN = {
  path: 'admin',
  message: '--admin is reachable from the network, so it needs a token: set SLUICE_ADMIN_TOKEN, or use a loopback address',
  suggestion: null,
} as const;

/** Puts the flag's address in the place of the configured one; the token stays, or comes from the environment. */
function withAdmin(result: PlanResult, { admin }: ConfigOverrides): PlanResult {
  if (!result.ok) return result;
  const { observe } = result.settings;
  const token = observe.admin.token ?? process.env['SLUICE_ADMIN_TOKEN'] ?? null;
  const plan = admin === undefined ? result.plan : { ...result.plan, admin };
  const isAsking = token !== null || observe.admin.tokens.length > 0 || (observe.admin.tls?.clientCaFile ?? null) !== null;
  if (admin && !isLoopback(admin) && !isAsking) return { ok: false, path: result.path, faults: [NEEDS_TOKEN] };
  return { ...result, plan, settings: { ...result.settings, observe: { ...observe, admin: { ...observe.admin, token } } } };
}

/** `--admin ADDRESS`; `off` turns the admin API off. */
export function adminFlag(text: string | undefined): AddressPlan | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'off') return null;
  const parsed = parseAddress(text, ADMIN);
  if (parsed.ok) return parsed.address;
  throw usageFault(`--admin "${text}" ${parsed.problem}${parsed.hint === null ? '' : `; ${parsed.hint}`}`);
}
