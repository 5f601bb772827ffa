/** A fleet for tests of the admin API and the commands: knows one service, `users`, and records what it is asked. */
import type { FleetBackend, FleetResult, LogLine } from '../../src/admin/fleet-backend.ts';
import { timestamp } from '../../src/base/time.ts';
import type { Decision } from '../../src/core/scaling/decision.ts';
import type { FleetServiceStatus } from '../../src/observe/fleet-status.ts';

export const USERS: FleetServiceStatus = {
  service: 'users',
  runner: 'process',
  wanted: 2,
  ready: 1,
  min: 1,
  max: 4,
  manual: null,
  isPaused: false,
  isAsleep: false,
  parked: 3,
  version: 'v2',
  deploy: { from: 'v1', to: 'v2', strategy: 'canary', phase: 'canary', share: 0.05, ready: 1, wanted: 2, reason: 'holds 5% for 2m' },
  instances: [
    {
      id: 'users.3',
      version: 'v2',
      phase: 'ready',
      address: '127.0.0.1:4003',
      handle: '4711',
      inflight: 7,
      cpu: 0.25,
      memoryBytes: 64 * 1_048_576,
      ageSeconds: 70,
      restarts: 1,
      isProtected: true,
      trouble: null,
    },
    {
      id: 'users.4',
      version: 'v1',
      phase: 'waiting',
      address: null,
      handle: null,
      inflight: 0,
      cpu: null,
      memoryBytes: null,
      ageSeconds: 2,
      restarts: 4,
      isProtected: false,
      trouble: 'users.4 keeps exiting (exit code 1): see sluice logs users',
    },
  ],
  lastDecision: null,
  note: null,
};

export const DECISION: Decision = {
  service: 'users',
  at: timestamp(Date.UTC(2026, 10, 20, 8)),
  counts: { wanted: 4, ready: 4, warm: 4, starting: 0 },
  answers: [
    { policy: 'in-flight', figure: 30, target: 20, wanted: 2, holds: false, detail: 'stable 30 / 20' },
    { policy: 'cpu', figure: null, target: 0.7, wanted: null, holds: true, detail: 'unknown' },
  ],
  winner: 'in-flight',
  raw: 2,
  bounds: [{ bound: 'rate', from: 2, to: 3, detail: 'at most 1 in 10s' }],
  wanted: 3,
  action: 'in',
  reason: 'in-flight 30 of 4 × 20: 3 wanted',
  victims: [
    { id: 'users.1', isChosen: true, inflight: 0, version: 'v1', isProtected: false, ageSeconds: 90.4 },
    { id: 'users.2', isChosen: false, inflight: 4, version: 'v1', isProtected: true, ageSeconds: 90 },
  ],
};

const LINES: readonly LogLine[] = [
  { instance: 'users.3', stream: 'stdout', at: 1_000, text: 'listens' },
  { instance: 'users.4', stream: 'stderr', at: 2_000, text: 'boom \u001b[2J' },
];

export class FakeFleet implements FleetBackend {
  readonly asked: unknown[][] = [];
  /** Lines that come while somebody follows. */
  readonly later: LogLine[] = [{ instance: 'users.3', stream: 'stdout', at: 3_000, text: 'later' }];
  refusal: string | null = null;

  status(): readonly FleetServiceStatus[] {
    return [USERS];
  }
  scale(...asked: Parameters<FleetBackend['scale']>): FleetResult {
    return this.#answer('scale', asked);
  }
  deploy(...asked: Parameters<FleetBackend['deploy']>): FleetResult {
    return this.#answer('deploy', asked);
  }
  rollback(...asked: Parameters<FleetBackend['rollback']>): FleetResult {
    return this.#answer('rollback', asked);
  }
  promote(...asked: Parameters<FleetBackend['promote']>): FleetResult {
    return this.#answer('promote', asked);
  }
  holdDeploy(...asked: Parameters<FleetBackend['holdDeploy']>): FleetResult {
    return this.#answer('holdDeploy', asked);
  }
  continueDeploy(...asked: Parameters<FleetBackend['continueDeploy']>): FleetResult {
    return this.#answer('continueDeploy', asked);
  }
  pause(...asked: Parameters<FleetBackend['pause']>): FleetResult {
    return this.#answer('pause', asked);
  }
  resume(...asked: Parameters<FleetBackend['resume']>): FleetResult {
    return this.#answer('resume', asked);
  }
  protect(...asked: Parameters<FleetBackend['protect']>): FleetResult {
    return this.#answer('protect', asked);
  }
  decisions(service: string, limit: number, isChanges: boolean): ReturnType<FleetBackend['decisions']> {
    const answer = this.#answer('decisions', [service, limit, isChanges]);
    return answer.result === 'ok' ? { result: 'ok', decisions: [DECISION].slice(0, limit) } : answer;
  }
  logs(service: string, query: Parameters<FleetBackend['logs']>[1]): ReturnType<FleetBackend['logs']> {
    const answer = this.#answer('logs', [service, query.instance, query.lines, query.follow]);
    return answer.result === 'ok' ? this.#lines(query) : answer;
  }

  async *#lines({ lines, follow, signal }: Parameters<FleetBackend['logs']>[1]): AsyncIterable<LogLine> {
    yield* lines === 0 ? [] : LINES.slice(-lines);
    if (!follow) return;
    yield* this.later;
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    this.asked.push(['gone']);
  }

  #answer(what: string, asked: readonly unknown[]): FleetResult {
    this.asked.push([what, ...asked]);
    if (asked[0] !== 'users') return { result: 'unknown', problem: `the fleet runs no service "${String(asked[0])}"` };
    return this.refusal === null ? { result: 'ok', detail: `${what}: under way` } : { result: 'refused', problem: this.refusal };
  }
}
