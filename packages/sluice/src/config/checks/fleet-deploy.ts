/** What must hold of `deploy`: something may move, and the steps of a canary rise. */
import type { Path } from '../fault.ts';
import { parseShare } from '../quantity.ts';
import { rawField, rawList, type Report } from '../raw.ts';

/** Reports faults of how a service is deployed. */
export function checkDeploy(service: unknown, path: Path, report: Report): void {
  const deploy = rawField(service, 'deploy');
  if (deploy === undefined) return;
  const platform = ['kubernetes', 'autoScalingGroup'].find((kind) => rawField(rawField(service, 'run'), kind) !== undefined);
  if (platform !== undefined) {
    report({ path, what: `belongs to a command or container: with ${platform} the platform deploys by itself` });
    return;
  }
  const [surge, unavailable] = [rawField(deploy, 'maxSurge'), rawField(deploy, 'maxUnavailable')];
  if (isNothing(surge) && (unavailable === undefined || isNothing(unavailable))) {
    report({ path, what: 'must have maxSurge or maxUnavailable above 0: no instance could ever be replaced' });
  }
  checkCanary(deploy, path, report);
}

function isNothing(amount: unknown): boolean {
  return amount === 0 || (typeof amount === 'string' && parseShare(amount) === 0);
}

function checkCanary(deploy: unknown, path: Path, report: Report): void {
  const [strategy, steps] = [rawField(deploy, 'strategy'), rawField(deploy, 'canary')];
  if (steps === undefined) return;
  if (strategy !== undefined && strategy !== 'canary') {
    report({
      path: [...path, 'canary'],
      what: 'has no effect with another strategy',
      hint: "write strategy: 'canary'",
    });
  }
  let before = 0;
  rawList(steps).forEach((step, index) => {
    const given = rawField(step, 'share');
    const share = typeof given === 'number' ? given : typeof given === 'string' ? parseShare(given) : null;
    if (share === null) return;
    if (share <= before) report({ path: [...path, 'canary', index, 'share'], what: 'must be more than in the step before', value: given });
    before = share;
  });
}
