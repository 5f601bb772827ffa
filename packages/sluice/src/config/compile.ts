/**
 * Compilation: a validated configuration becomes the Plan that the data planes run. Nothing is decided here but defaults that depend on other
 * fields; everything else was settled by the schema.
 */
import type { AccessLogPlan, ListenerPlan, Plan, RoutePlan } from './plan.ts';
import { compileHttp1 } from './compile-http1.ts';
import { compileRoutes } from './compile-route.ts';
import { compileService } from './compile-service.ts';
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
  /** Bearer token of the admin API; null asks for none. Secret. */
  readonly adminToken: string | null;
}

/** Compiles a configuration. */
export function compile(config: ValidConfig, options: CompileOptions): Plan {
  const routes = compileRoutes(config.routes);
  const high = servicesOfHighPriority(routes);
  return {
    generation: options.generation,
    listeners: Object.entries(config.listeners).map(([name, listener]) => compileListener(name, listener)),
    services: Object.entries(config.services).map(([name, service]) => compileService(name, service, high.has(name))),
    routes,
    admin: config.admin?.address.address ?? null,
    accessLog: compileAccessLog(config.accessLog),
    workers: config.workers === 'auto' ? Math.max(1, options.cores) : config.workers,
    drainTimeoutMs: config.drainTimeout,
  };
}

function servicesOfHighPriority(routes: readonly RoutePlan[]): ReadonlySet<string> {
  const high = routes.filter(({ shedPriority }) => shedPriority === 'high');
  return new Set(high.flatMap(({ action }) => (action.kind === 'services' ? action.targets.map(({ service }) => service) : [])));
}

/** The settings that stay on the main thread. */
export function controlSettings(config: ValidConfig): ControlSettings {
  return { watch: config.watch, adminToken: config.admin?.token ?? null };
}

function compileListener(name: string, listener: ValidConfig['listeners'][string]): ListenerPlan {
  const { timeouts, forwarding } = listener;
  return {
    name,
    address: listener.http.address,
    http1: compileHttp1(listener.limits),
    timeouts: {
      headerMs: timeouts.header,
      keepAliveMs: timeouts.keepAlive,
      bodyIdleMs: timeouts.bodyIdle,
      bodyRateMin: timeouts.bodyRateMin,
      bodyGraceMs: timeouts.bodyGrace,
      upgradeIdleMs: timeouts.upgradeIdle,
    },
    forwarding: {
      trustedProxies: forwarding.trustedProxies,
      headers: forwarding.headers,
      via: forwarding.via === false ? null : forwarding.via,
      requestId: forwarding.requestId,
    },
    connectionsMax: listener.connectionsMax,
    mergeSlashes: listener.mergeSlashes,
    encodedSlashes: listener.encodedSlashes,
  };
}

function compileAccessLog(log: ValidConfig['accessLog']): AccessLogPlan | null {
  return log === null ? null : { format: log.format, target: log.target, sample: log.sample, query: log.query };
}
