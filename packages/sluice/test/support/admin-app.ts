/** The admin API without a socket, over a backend that a test shapes. */
import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createApp, type AdminApp } from '../../src/admin/app.ts';
import type { AdminBackend } from '../../src/admin/backend.ts';
import type { AdminBindings, AuditEntry, AuditNote } from '../../src/admin/bindings.ts';
import type { Scope } from '../../src/config/observe-plan.ts';
import type { EventEntry } from '../../src/observe/event-entry.ts';
import type { LimitsStatus } from '../../src/observe/limits-status.ts';
import type { EndpointStatus, ServiceStatus, Status } from '../../src/observe/status.ts';
import type { TrafficSnapshot } from '../../src/observe/traffic.ts';
import { FakeCaches } from './fake-caches.ts';
import { FakeFleet } from './fake-fleet.ts';

const COUNTS = { requests: 5, errors: 1, inflight: 2, bytesIn: 10, bytesOut: 20, p50Ms: 1, p95Ms: 2, p99Ms: null };

export function endpointStatus(address: string): EndpointStatus {
  return { address, state: 'up', weight: 1, priority: 0, retries: 0, ejections: 0, note: null, ...COUNTS };
}

export function serviceStatus(name: string, addresses: readonly string[] = ['127.0.0.1:3001']): ServiceStatus {
  return {
    name,
    balance: 'p2c',
    state: 'up',
    breaker: 'closed',
    retries: 0,
    hedges: 0,
    shed: 0,
    parked: 0,
    queued: 0,
    note: null,
    endpoints: addresses.map(endpointStatus),
    ...COUNTS,
  };
}

export function trafficSnapshot(generation: number, revision: number): TrafficSnapshot {
  const rate = { rps: 1, errorRps: 0, p50Ms: 1, p95Ms: 1, p99Ms: null, inflight: 0, bytesInPerSecond: 0, bytesOutPerSecond: 0 };
  return {
    at: 1_000,
    windowSeconds: 10,
    generation,
    revision,
    total: { ...rate, connections: 1 },
    listeners: {},
    routes: {},
    services: {},
    workers: [],
    cpuCores: 0,
    residentBytes: 0,
    alerts: 0,
  };
}

/** What a test says comes next, for whoever follows; each value is read once. */
export class Feed<Value> {
  readonly #waiting: Value[] = [];
  #wake = Promise.withResolvers<void>();
  /** Readers that are there. */
  readers = 0;

  /** Whether all that was pushed has been read. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  push(value: Value): void {
    this.#waiting.push(value);
    this.#wake.resolve();
  }

  async *follow(signal: AbortSignal): AsyncIterable<Value> {
    this.readers++;
    signal.addEventListener('abort', () => this.#wake.resolve(), { once: true });
    try {
      while (!signal.aborted) {
        const next = this.#waiting.shift();
        if (next !== undefined) yield next;
        else {
          await this.#wake.promise;
          this.#wake = Promise.withResolvers<void>();
        }
      }
    } finally {
      this.readers--;
    }
  }
}

/** Records what it was asked; each test changes what it needs. */
export function adminWorld(scope: Scope = 'admin') {
  const notes: AuditNote[] = [];
  const errors: Error[] = [];
  const calls: string[] = [];
  const fleet = new FakeFleet();
  const caches = new FakeCaches();
  const traffic = new Feed<TrafficSnapshot>();
  const access = new Feed<string>();
  const entries = new Feed<EventEntry>();
  const kept: EventEntry[] = [1, 2, 3].map((id) => ({
    id,
    at: 1_000 + id,
    level: 'info' as const,
    what: `event-${id}`,
    detail: { service: 'users' },
  }));
  const state = {
    status: {
      version: '0.1.0',
      pid: 1,
      startedAt: '2026-11-20T00:00:00.000Z',
      uptimeSeconds: 1,
      generation: 3,
      workers: 1,
      workerRestarts: 0,
      reloadsApplied: 0,
      reloadsRefused: 0,
      listeners: [{ name: 'web', address: '127.0.0.1:80', protocol: 'http', engine: 'user', connections: 1, ...COUNTS }],
      certificates: [],
      services: [serviceStatus('users', ['127.0.0.1:3001', '127.0.0.1:3002']), serviceStatus('shop')],
      routes: [{ name: 'users', ...COUNTS }],
      fleet: fleet.status(),
    } as Status,
    plan: { services: ['users'] } as unknown,
    alerts: [] as never[],
    level: 'info' as 'info' | 'warn' | 'error',
    isOwner: true,
    oldest: 1,
  };
  const silences = [{ id: 's1', match: { rule: 'latency' }, until: 5, by: 'ops', comment: '' }];
  const backend: AdminBackend = {
    health: () => 'ready',
    status: () => state.status,
    metrics: () => ({ type: 'text/plain; version=0.0.4; charset=utf-8', body: 'sluice_workers 2\n' }),
    reload: (by) => {
      calls.push(`reload ${by}`);
      return Promise.resolve({ ok: true, generation: 4, changes: ['route "users"'], tookMs: 3 });
    },
    drain: (service, address, deadlineMs) => {
      calls.push(`drain ${service} ${address} ${deadlineMs}`);
      if (service !== 'users') return Promise.resolve({ result: 'unknown', problem: `no service "${service}"; there is users` });
      return Promise.resolve({ result: 'drained', tookMs: 5 });
    },
    undrain: (service, address) => {
      calls.push(`undrain ${service} ${address}`);
      return { result: 'not-drained' };
    },
    explain: () => ({ ok: false, problem: 'the URL is not one' }),
    limits: () => [{ service: 'users', breaker: 'closed', inflight: 0 } as unknown as LimitsStatus],
    fleet,
    caches,
    observe: {
      events: {
        list: ({ after, before, limit }) => ({
          entries: kept
            .filter(({ id }) => id >= state.oldest && id > after && (before === null || id < before))
            .toReversed()
            .slice(0, limit),
          isGap: after > 0 && after + 1 < state.oldest,
        }),
        follow: async function* (after, signal) {
          yield* kept.filter(({ id }) => id >= state.oldest && id > after);
          yield* entries.follow(signal);
        },
        get level() {
          return state.level;
        },
        setLevel: (level) => void (state.level = level),
      },
      traffic: {
        now: () => trafficSnapshot(3, 1),
        follow: (signal) => traffic.follow(signal),
        series: (service) => (service === null || service === 'users' ? { at: [1], stepSeconds: 1, values: { rps: [2] } } : null),
      },
      access: { follow: (_, signal) => access.follow(signal) },
      alerts: {
        list: () => state.alerts,
        rules: () => [],
        silences: () => silences,
        silence: (match, forMs, by, comment) => ({ id: 's2', match, until: forMs, by, comment }),
        unsilence: (id) => id === 's1',
        test: (sink) => Promise.resolve(sink === null || sink === 'ops' ? [{ sink: 'ops', problem: null }] : null),
      },
      plans: {
        current: () => ({ generation: state.status.generation, plan: state.plan }),
        history: () =>
          [3, 2, 1].map((generation) => ({
            generation,
            at: generation,
            by: 'file',
            changes: [],
            isKept: generation > 1,
            isRunning: generation === 3,
          })),
        get: (generation) => (generation === 2 || generation === 3 ? { generation } : null),
        diff: (from, to) => (from > 1 && from < 4 && to > 1 && to < 4 ? { changes: ['route "a"'], diff: '' } : null),
        rollback: (generation, by) => {
          calls.push(`rollback ${generation} ${by}`);
          return Promise.resolve(generation === 2 ? { ok: true, generation: 4, changes: [], tookMs: 1 } : 'unknown');
        },
      },
    },
  };
  const trail: AuditEntry[] = [5, 4, 3, 2, 1].map((id) => ({
    id,
    at: id,
    who: 'ops',
    action: 'scale',
    target: 'service/users',
    before: 1,
    after: 2,
    outcome: 'ok',
  }));
  const app: AdminApp = createApp({
    backend,
    trail: { list: (before, limit) => trail.filter(({ id }) => before === null || id < before).slice(0, limit) },
    onError: (error) => errors.push(error),
  });
  const caller = { name: 'ops', scope };
  /** An upload that has ended: nobody is behind it. */
  const incoming = Object.assign(new EventEmitter(), {
    complete: true,
    headers: {},
    iterator: async function* () {},
  }) as unknown as IncomingMessage;
  const bindings: AdminBindings = { caller, isOwner: () => state.isOwner, incoming, audit: (note) => notes.push(note) };
  const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const init =
      text === undefined ? { method, headers } : { method, headers: { 'content-type': 'application/json', ...headers }, body: text };
    return app.fetch(new Request(`http://localhost${path}`, init), bindings);
  };
  return { app, ask, backend, bindings, state, notes, errors, calls, fleet, caches, traffic, access, entries };
}
