/** What is allowed of the fleet and probably not meant. Works on a valid configuration only. */
import type { Path } from '../fault.ts';
import type { Report } from '../raw.ts';
import type { ValidConfig } from '../schema/config.ts';

type ValidService = ValidConfig['services'][string];

/** Reports everything of the fleet that is worth a second look. */
export function warnFleet(config: ValidConfig, report: Report): void {
  for (const [name, service] of Object.entries(config.services)) {
    if (service.run === undefined) continue;
    warnReplicas(service.replicas, ['services', name, 'replicas'], report);
    warnBudget(service.run, config.fleet.budget, ['services', name, 'run'], report);
  }
}

function warnReplicas({ min, max = Math.max(1, min), park, scale }: ValidService['replicas'], path: Path, report: Report): void {
  if (min === 0 && park.requests === 0) {
    report({ path: [...path, 'park', 'requests'], what: 'is 0 and min, too: a service that sleeps refuses what would wake it' });
  }
  if (min === max && scale.length > 0) report({ path: [...path, 'scale'], what: `has no effect: min and max are both ${min}` });
  if (min < max && scale.length === 0 && min > 0) {
    report({
      path,
      what: 'has no policies: only `sluice scale` goes from min to max',
      hint: "write scale: [{ signal: 'in-flight', target: 20 }]",
    });
  }
  const schedules = scale.flatMap((policy, index) => ('schedule' in policy ? [{ policy, index }] : []));
  const [only] = schedules;
  if (only !== undefined && schedules.length === 1 && only.policy.for === undefined) {
    report({ path: [...path, 'scale', only.index], what: 'never ends: there is no other schedule', hint: "write for: '10h'" });
  }
}

/** What takes of the budget without anybody knowing how much. */
function warnBudget(run: NonNullable<ValidService['run']>, budget: ValidConfig['fleet']['budget'], path: Path, report: Report): void {
  if (run.command === undefined && run.container === undefined) return;
  for (const key of ['cpu', 'memory'] as const) {
    if (budget[key] === undefined || run.resources?.[key] !== undefined) continue;
    report({ path: [...path, 'resources', key], what: `is not given, so that fleet.budget.${key} does not count its instances` });
  }
}
