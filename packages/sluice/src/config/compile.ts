/**
 * Compilation: a validated configuration becomes the Plan that the data planes run. Nothing is decided here but defaults that depend on other
 * fields; everything else was settled by the schema.
 */
import { type AccessLogPlan, NO_CHALLENGES, type Plan, type RoutePlan, type ServicePlan } from './plan.ts';
import { compileListener } from './compile-listener.ts';
import { compileFleet } from './compile-fleet.ts';
import { compileCaches, compileMemories, compileStore } from './compile-filters.ts';
import { compileObserve, compileTracing } from './compile-observe.ts';
import { compileRoutes } from './compile-route.ts';
import { compileService } from './compile-service.ts';
import type { ObserveSettings } from './observe-plan.ts';
import type { FleetPlan } from './fleet-plan.ts';
import type { ValidConfig } from './schema/config.ts';

/** What the compiler needs to know of the world. */
export interface CompileOptions {
  /** The plan's generation. */
  readonly generation: number;
  /** What `workers: 'auto'` stands for. */
  readonly cores: number;
}

/** What the main thread alone needs: it is not part of the Plan, because worker threads have no use for it. */
export interface ControlSettings {
  /** Reload when the configuration file changes. */
  readonly watch: boolean;
  /** What shows and tells what happens. */
  readonly observe: ObserveSettings;
  /** Where certificates are ordered; null: nowhere. */
  readonly acme: AcmeSettings | null;
  /** What Sluice itself runs. */
  readonly fleet: FleetPlan;
}

/** An ACME account (RFC 8555). */
export interface AcmeSettings {
  readonly directory: string;
  readonly email: string | null;
  /** Directory for account and certificates; made absolute when it is loaded. */
  readonly storage: string;
  readonly challenge: 'http-01' | 'tls-alpn-01';
  /** PEM file with the authority of the ACME server itself; null: the system's. */
  readonly caFile: string | null;
  /** External account binding. The key is secret. */
  readonly account: { readonly keyId: string; readonly hmacKey: string } | null;
}

/** Compiles a configuration. */
export function compile(config: ValidConfig, options: CompileOptions): Plan {
  const routes = compileRoutes(config.routes, config.filters);
  const high = servicesOfHighPriority(routes);
  const kernelOnly = servicesOfKernelOnly(config);
  return {
    generation: options.generation,
    listeners: Object.entries(config.listeners).map(([name, listener]) => compileListener(name, listener, config.kernelTable)),
    services: Object.entries(config.services).map(([name, service]) => {
      const compiled = compileService(name, service, high.has(name));
      return kernelOnly.has(name) ? withKernelBalance(compiled) : compiled;
    }),
    routes,
    caches: compileCaches(config),
    stores: Object.entries(config.stores).map(([name, store]) => compileStore(name, store)),
    memories: compileMemories(config, routes),
    admin: config.admin?.address.address ?? null,
    accessLog: compileAccessLog(config.accessLog),
    tracing: compileTracing(config),
    acmeChallenges: NO_CHALLENGES,
    workers: config.workers === 'auto' ? Math.max(1, options.cores) : config.workers,
    drainTimeoutMs: config.drainTimeout,
  };
}

function servicesOfHighPriority(routes: readonly RoutePlan[]): ReadonlySet<string> {
  const high = routes.filter(({ shedPriority }) => shedPriority === 'high');
  return new Set(high.flatMap(({ action }) => (action.kind === 'services' ? action.targets.map(({ service }) => service) : [])));
}

/** Services that nothing but kernel listeners leads to. */
function servicesOfKernelOnly({ listeners, routes }: ValidConfig): ReadonlySet<string> {
  const behind = (engine: 'user' | 'kernel'): readonly string[] =>
    Object.values(listeners).flatMap((listener) => (listener.engine === engine ? targetsOf(listener.to) : []));
  const others = new Set([...behind('user'), ...routes.flatMap(({ to }) => (to ?? []).map(({ service }) => service))]);
  return new Set(behind('kernel').filter((service) => !others.has(service)));
}

function targetsOf(to: ValidConfig['listeners'][string]['to']): readonly string[] {
  if (to === undefined) return [];
  return ('services' in to ? to.services : Object.values(to.serverNames).flat()).map(({ service }) => service);
}

/** The kernel cannot compare two endpoints: where nothing else was written (the checks see to that), it goes round. */
function withKernelBalance(service: ServicePlan): ServicePlan {
  const { balance } = service;
  return balance.algorithm === 'p2c' ? { ...service, balance: { ...balance, algorithm: 'round-robin' } } : service;
}

/** The settings that stay on the main thread. */
export function controlSettings(config: ValidConfig): ControlSettings {
  return { watch: config.watch, observe: compileObserve(config), acme: compileAcme(config.acme), fleet: compileFleet(config) };
}

function compileAccessLog(log: ValidConfig['accessLog']): AccessLogPlan | null {
  return log === null ? null : { format: log.format, target: log.target, sample: log.sample, query: log.query };
}

function compileAcme(acme: ValidConfig['acme']): AcmeSettings | null {
  if (acme === undefined) return null;
  const { directory, email, storage, challenge, ca, account } = acme;
  return { directory, email: email ?? null, storage, challenge, caFile: ca ?? null, account: account ?? null };
}
