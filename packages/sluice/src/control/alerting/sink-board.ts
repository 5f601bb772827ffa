/** Who is told: a line for each sink, and what came of it for each alert. */
import { randomUUID } from 'node:crypto';
import type { Runtime } from '../../base/runtime.ts';
import type { SinkPlan } from '../../config/alert-plan.ts';
import { isSame } from '../../config/diff.ts';
import type { AlertNotice, AlertSink } from '../../core/alerting/alert-notice.ts';
import { digest } from '../../core/alerting/labels.ts';
import type { SayEvent } from '../say-event.ts';
import { type SinkCounts, SinkLine } from './sink-line.ts';

/** Makes what a plan names; `clients/alert-sinks` has them. @param repeatMs How often what goes on is told again. */
export type OpenSink = (plan: SinkPlan, repeatMs: number) => AlertSink;

export interface SinkBoardOptions {
  readonly runtime: Runtime;
  readonly say: SayEvent;
  readonly open: OpenSink;
  readonly host: string;
}

/** Alerts of which is known who was told. */
const TOLD_MAX = 2_000;

export class SinkBoard implements AsyncDisposable {
  readonly #options: SinkBoardOptions;
  #lines: readonly SinkLine[] = [];
  #repeatMs = 0;
  /** By the sink's name. */
  readonly #counts = new Map<string, SinkCounts>();
  /** By the alert's id, then by sink; the oldest first. */
  readonly #told = new Map<string, Map<string, string>>();

  constructor(options: SinkBoardOptions) {
    this.#options = options;
  }

  /** Sinks that are as they were keep what waits for them; those that are gone try once more. */
  follow(plans: readonly SinkPlan[], repeatMs: number): void {
    const known = repeatMs === this.#repeatMs ? this.#lines : [];
    this.#repeatMs = repeatMs;
    const kept = plans.map((plan) => known.find((line) => isSame(line.plan, plan)) ?? this.#open(plan));
    for (const line of this.#lines) if (!kept.includes(line)) void line[Symbol.asyncDispose]();
    this.#lines = kept;
    for (const name of this.#counts.keys()) if (!plans.some((plan) => plan.name === name)) this.#counts.delete(name);
  }

  push(notice: AlertNotice): void {
    for (const line of this.#lines) line.push(notice);
  }

  /** Of each sink that there is. */
  counts(): readonly { readonly sink: string; readonly outcome: string; readonly count: number }[] {
    return [...this.#counts].flatMap(([sink, { told, retried, givenUp }]) => [
      { sink, outcome: 'told', count: told },
      { sink, outcome: 'retried', count: retried },
      { sink, outcome: 'given-up', count: givenUp },
    ]);
  }

  /** A line for each sink: who was told of an alert, and who could not be. */
  toldOf(id: string): readonly string[] {
    return [...(this.#told.get(id)?.values() ?? [])];
  }

  /** @param name Null: all of them. @returns Null: there is no such sink. */
  async test(name: string | null): Promise<readonly { readonly sink: string; readonly problem: string | null }[] | null> {
    const lines = this.#lines.filter(({ plan }) => name === null || plan.name === name);
    if (name !== null && lines.length === 0) return null;
    return await Promise.all(lines.map(async (line) => ({ sink: line.plan.name, problem: await line.test(this.#testNotice(line.plan)) })));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#lines.map((line) => line[Symbol.asyncDispose]()));
    this.#lines = [];
  }

  #open(plan: SinkPlan): SinkLine {
    const { open, runtime, say } = this.#options;
    const counts = this.#counts.get(plan.name) ?? { told: 0, retried: 0, givenUp: 0 };
    this.#counts.set(plan.name, counts);
    return new SinkLine({
      plan,
      sink: open(plan, this.#repeatMs),
      runtime,
      say,
      counts,
      told: (notice, problem) => this.#tell(plan, notice, problem),
    });
  }

  #tell({ name, kind }: SinkPlan, notice: AlertNotice, problem: string | null): void {
    const at = new Date(this.#options.runtime.clock.wall()).toISOString();
    for (const { id, state } of notice.alerts) {
      const told = this.#told.get(id) ?? new Map<string, string>();
      this.#told.delete(id);
      this.#told.set(id, told);
      told.set(name, problem === null ? `${name} (${kind}): told ${state} at ${at}` : `${name} (${kind}): not told at ${at}: ${problem}`);
    }
    const [oldest] = this.#told.keys();
    if (this.#told.size > TOLD_MAX && oldest !== undefined) this.#told.delete(oldest);
  }

  /** Of a severity that the sink takes. A group of its own each time, so that no receiver folds it into an earlier one. */
  #testNotice({ name, severity }: SinkPlan): AlertNotice {
    const atMs = this.#options.runtime.clock.wall();
    const id = digest(randomUUID());
    const labels = { sink: name };
    const summary = 'A test of Sluice: nothing is wrong. Alerts arrive here.';
    const alert = { id, rule: 'test', severity, state: 'firing', labels, summary, value: null, sinceMs: atMs, resolvedMs: null } as const;
    const { host } = this.#options;
    return { group: id, labels: { rule: 'test' }, state: 'firing', severity, alerts: [alert], left: 0, atMs, host, isTest: true };
  }
}
