/**
 * Looks at the rules, keeps what fires, and has the sinks told. Reads only what rules want; with alerts off nothing runs. What is known of a
 * rule that a reload leaves as it is stays, silences too; a restart forgets everything, and what still fires is told again.
 */
import type { Cancel, Runtime } from '../../base/runtime.ts';
import type { AlertPlan } from '../../config/alert-plan.ts';
import { BURN_SUMMARY } from '../../config/default-alerts.ts';
import { isSame } from '../../config/diff.ts';
import { type Alert, AlertBook, type AlertTerms, type Moment } from '../../core/alerting/alert-book.ts';
import { digest } from '../../core/alerting/labels.ts';
import { NoticeGroups } from '../../core/alerting/notice-groups.ts';
import type { Finding } from '../../core/alerting/sample.ts';
import { Silences } from '../../core/alerting/silences.ts';
import type { AlertRuleStatus, AlertStatus, SilenceStatus } from '../../observe/alert-status.ts';
import type { EventEntry } from '../../observe/event-entry.ts';
import { MachineWatch } from './machine-watch.ts';
import { MetricReader, type MetricWorld } from './metric-reader.ts';
import { RuleWatch } from './rule-watch.ts';
import { type OpenSink, SinkBoard } from './sink-board.ts';
import { StartWatch } from './start-watch.ts';
import { sloCondition, SloWatch } from './slo-watch.ts';
import type { SayEvent } from '../say-event.ts';

export interface AlertLoopOptions {
  readonly runtime: Runtime;
  readonly say: SayEvent;
  readonly open: OpenSink;
  /** Which machine it is, for notices. */
  readonly host: string;
  /** Of the machine's memory. */
  readonly memoryBytes: number;
}

/** A burn rate goes up and down around its bound. */
const BURN_KEEP_MS = 60_000;

export class AlertLoop implements AsyncDisposable {
  readonly #options: AlertLoopOptions;
  readonly #book = new AlertBook();
  readonly #silences = new Silences();
  readonly #machine = new MachineWatch();
  readonly #starts = new StartWatch();
  readonly #sinks: SinkBoard;
  #groups: NoticeGroups | null = null;
  #plan: AlertPlan | null = null;
  #world: MetricWorld | null = null;
  #rules: readonly RuleWatch[] = [];
  #slos: readonly SloWatch[] = [];
  #ticking: Cancel | null = null;

  constructor(options: AlertLoopOptions) {
    this.#options = options;
    this.#sinks = new SinkBoard(options);
  }

  /** What is looked at. */
  connect(world: MetricWorld): void {
    this.#world = world;
  }

  /** From now on these rules. */
  follow(plan: AlertPlan): void {
    const before = this.#plan;
    if (before !== null && isSame(before, plan)) return;
    this.#plan = plan;
    const moment = this.#moment();
    const rules = plan.rules.map((rule) => this.#rules.find((watch) => isSame(watch.rule, rule)) ?? new RuleWatch(rule));
    const slos = plan.slos.map((slo) => this.#slos.find((watch) => isSame(watch.slo, slo)) ?? new SloWatch(slo));
    for (const watch of this.#rules) if (!rules.includes(watch)) this.#changed(this.#book.drop(watch.rule.name, moment), moment);
    for (const rule of new Set(this.#slos.map(({ slo }) => slo.rule)))
      if (!slos.some(({ slo }) => slo.rule === rule)) this.#changed(this.#book.drop(rule, moment), moment);
    this.#rules = rules;
    this.#slos = slos;
    const isRegrouped = !isSame(before?.group, plan.group);
    if (this.#isOff || isRegrouped) this.#tell(moment, true);
    this.#sinks.follow(plan.sinks, plan.group.repeatMs);
    if (isRegrouped) this.#regroup(plan, moment);
    if (this.#isOff || before?.everyMs !== plan.everyMs || this.#ticking === null) this.#tickEach(plan);
  }

  /** Something happened. */
  heard(event: EventEntry): void {
    const now = this.#options.runtime.clock.now();
    for (const watch of this.#rules) watch.heard(event, now);
  }

  /** One look at everything. */
  look(): void {
    if (this.#world === null || this.#plan === null || this.#isOff) return;
    const moment = this.#moment();
    const { now } = moment;
    const machine = this.#machine.shares(this.#world.running()?.plan ?? null, this.#options.memoryBytes, now);
    const { startWithinMs } = this.#world;
    const reader = new MetricReader(this.#world, { machine, starting: (fleet) => this.#starts.starting(fleet, startWithinMs, now) });
    for (const watch of this.#rules) {
      const findings = watch.look(reader, now);
      if (findings !== null) this.#changed(this.#book.look(watch.rule, findings, moment), moment);
    }
    for (const [rule, findings] of this.#burning(reader, now)) this.#changed(this.#book.look(burnTerms(rule), findings, moment), moment);
    this.#changed(this.#book.settle(moment), moment);
    this.#tell(moment, false);
  }

  list(): readonly AlertStatus[] {
    const wall = this.#options.runtime.clock.wall();
    return this.#book.list().map((alert) => ({
      id: alert.id,
      rule: alert.rule,
      severity: alert.severity,
      state: alert.state,
      labels: alert.labels,
      summary: alert.summary,
      value: alert.value,
      since: alert.sinceMs,
      resolvedAt: alert.resolvedMs,
      silencedBy: this.#silences.covers(alert.rule, alert.labels, wall)?.id ?? null,
      told: this.#sinks.toldOf(alert.id),
    }));
  }

  rules(): readonly AlertRuleStatus[] {
    const rules = this.#rules.map(({ rule: { name, severity, summary }, condition, trouble }) => {
      return { name, severity, summary, condition, state: this.#book.stateOf(name), trouble };
    });
    const slos = this.#slos.map(({ slo }): AlertRuleStatus => {
      const labels = { service: slo.service, slo: slo.name };
      const summary = BURN_SUMMARY.replace('{service}', slo.service).replace('{slo}', slo.name);
      const state = this.#book.stateOf(slo.rule, labels);
      return { name: `${slo.rule}/${slo.name}`, severity: 'critical', summary, condition: sloCondition(slo), state, trouble: null };
    });
    return [...rules, ...slos];
  }

  silences(): readonly SilenceStatus[] {
    return this.#silences.list(this.#options.runtime.clock.wall());
  }

  /** @param forMs How long. @throws {SilenceRefusal} For an empty match, an expression that does not compile, or too many. */
  silence(match: Readonly<Record<string, string>>, forMs: number, by: string, comment: string): SilenceStatus {
    const { clock, random } = this.#options.runtime;
    const wall = clock.wall();
    const silence = { id: digest(`${wall} ${random()}`).slice(0, 8), match, until: wall + forMs, by, comment };
    this.#silences.add(silence, wall);
    this.#options.say('info', 'alert-silenced', { id: silence.id, by, match: JSON.stringify(match), forMs, comment });
    return silence;
  }

  /** @returns False: there is no such silence. */
  unsilence(id: string): boolean {
    return this.#silences.remove(id);
  }

  /** Tries to tell each sink, since the start. */
  notices(): readonly { readonly sink: string; readonly outcome: string; readonly count: number }[] {
    return this.#sinks.counts();
  }

  /** Sends a test alert. @param sink Null: to all. @returns What came of each; null: there is no such sink. */
  async test(sink: string | null): Promise<readonly { readonly sink: string; readonly problem: string | null }[] | null> {
    return await this.#sinks.test(sink);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ticking?.();
    this.#ticking = null;
    await this.#sinks[Symbol.asyncDispose]();
  }

  get #isOff(): boolean {
    return this.#rules.length === 0 && this.#slos.length === 0;
  }

  #moment(): Moment {
    const { clock } = this.#options.runtime;
    return { now: clock.now(), wall: clock.wall() };
  }

  #tickEach({ everyMs }: AlertPlan): void {
    this.#ticking?.();
    this.#ticking = this.#isOff ? null : this.#options.runtime.timers.every(everyMs, () => this.look());
  }

  /** Other groups: what fires is told anew, by them. */
  #regroup(plan: AlertPlan, { now }: Moment): void {
    this.#groups = new NoticeGroups(plan.group, this.#options.host);
    for (const alert of this.#book.list()) if (alert.state === 'firing') this.#groups.changed(alert, now);
  }

  #burning(reader: MetricReader, now: number): Map<string, Finding[]> {
    const burning = new Map<string, Finding[]>();
    for (const watch of this.#slos) {
      const known = burning.get(watch.slo.rule);
      const findings = watch.look(reader, now);
      if (known === undefined) burning.set(watch.slo.rule, [...findings]);
      else known.push(...findings);
    }
    return burning;
  }

  #changed(alerts: readonly Alert[], { now, wall }: Moment): void {
    for (const alert of alerts) {
      const { rule, severity, labels, summary, value } = alert;
      const detail = { ...labels, rule, severity, summary, value: value ?? 'none' };
      if (alert.state === 'firing') this.#options.say(severity === 'info' ? 'info' : 'warn', 'alert-firing', detail);
      else this.#options.say('info', 'alert-resolved', { ...detail, lastedMs: wall - alert.sinceMs });
      this.#groups?.changed(alert, now);
    }
  }

  /** @param isNow Whatever the groups wait for: nobody will look again. */
  #tell({ now, wall }: Moment, isNow: boolean): void {
    const isSilenced = (alert: Alert): boolean => this.#silences.covers(alert.rule, alert.labels, wall) !== null;
    const at = isNow ? Number.POSITIVE_INFINITY : now;
    for (const notice of this.#groups?.due(at, wall, isSilenced) ?? []) this.#sinks.push(notice);
  }
}

function burnTerms(name: string): AlertTerms {
  return { name, severity: 'critical', summary: BURN_SUMMARY, forMs: 0, keepMs: BURN_KEEP_MS };
}
