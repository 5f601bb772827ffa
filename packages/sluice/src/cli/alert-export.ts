/** `sluice alert export`: the configuration's own rules and objectives as rules of Prometheus. Those that come with Sluice are in mixin/. */
import { availableParallelism } from 'node:os';
import type { AlertPlan } from '../config/alert-plan.ts';
import { DEFAULT_RULES, SLO_RULE } from '../config/default-alerts.ts';
import { isSame } from '../config/diff.ts';
import { type PrometheusRule, prometheusRule } from '../core/alerting/prometheus-rule.ts';
import { prometheusBurns } from '../core/alerting/prometheus-slo.ts';
import type { AlertRule } from '../core/alerting/rule.ts';
import { PlanProcess } from '../io/plan-process.ts';
import { EXIT_FAULTS, formatFaults } from './check.ts';

/** Prints them. @param config Null: where a configuration is looked for. */
export async function exportAlerts(config: string | null): Promise<void> {
  const loader = new PlanProcess();
  const result = await loader.load({ kind: 'file', path: config }, { generation: 1, cores: availableParallelism() });
  loader.close();
  if (!result.ok) {
    process.stderr.write(formatFaults(result.path, result.faults, 'fault'));
    process.exitCode = EXIT_FAULTS;
    return;
  }
  process.stdout.write(await prometheusText(result.settings.observe.alerts));
}

/** A file for `rule_files`: what has no form in PromQL is named in its head. */
export async function prometheusText({ rules, slos }: AlertPlan): Promise<string> {
  const { stringify } = await import('yaml');
  const own = rules.filter((rule) => !DEFAULT_RULES.some((known) => isSame(known, rule)));
  const made: PrometheusRule[] = [];
  const left: AlertRule[] = [];
  for (const rule of own) {
    const alert = prometheusRule(rule);
    if (alert === null) left.push(rule);
    else made.push(alert);
  }
  made.push(...slos.filter(({ rule }) => rule === SLO_RULE).flatMap((slo) => prometheusBurns(slo)));
  const head = [
    "# Made by `sluice alert export --prometheus` from the configuration's rules and objectives; those that come with Sluice are in its mixin/.",
    ...left.map(
      (rule) =>
        `# Not here, for Prometheus cannot see it: ${rule.name} (${rule.kind === 'event' ? 'the event' : 'the figure'} ${watched(rule)}).`,
    ),
  ];
  return `${head.join('\n')}\n${stringify({ groups: [{ name: 'sluice-own-alerts', rules: made }] }, { lineWidth: 0 })}`;
}

function watched(rule: AlertRule): string {
  return rule.kind === 'event' ? rule.event : rule.metric;
}
