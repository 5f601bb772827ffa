/**
 * Sleep and wake, for services whose `min` is 0. Without a request for `idleMs` a service goes to 0, and before that to no less than 1, whatever its figures
 * say. The first request wakes it at once, to as many as what waits needs. Work other than requests (waiting jobs, a schedule, an event, a forecast) keeps it awake
 * and wakes it; while such a figure is unknown it does not go to sleep.
 */
import { type Bound, type BoundView, type Moved, seconds } from './bound.ts';

export class Idle implements Bound {
  readonly name = 'idle';

  apply(count: number, view: BoundView): Moved | null {
    if (view.plan.min > 0) return null;
    const { to, detail } = view.current === 0 ? whileAsleep(count, view) : whileAwake(count, view);
    return to === count ? null : { to, detail };
  }
}

function whileAsleep(count: number, view: BoundView): Moved {
  const work = otherWork(view);
  if (!view.isBusy) return { to: work, detail: work > 0 ? 'woken by work other than requests' : 'asleep, nothing is asked' };
  const { concurrency } = view.sample;
  const share = perInstance(view);
  const needed = share === null ? 1 : Math.ceil(concurrency / share);
  return {
    to: Math.max(1, count, needed, work),
    detail: `woken by ${concurrency} requests${share === null ? '' : `, ${share} per instance`}`,
  };
}

function whileAwake(count: number, view: BoundView): Moved {
  if (!view.isIdle)
    return { to: Math.max(1, count), detail: `no request for ${seconds(view.idleMs)}, it sleeps after ${seconds(view.plan.idleMs)}` };
  const isUnknown = view.evaluations.some((each) => each.holds && each.wanted === null);
  if (isUnknown) return { to: Math.max(1, count), detail: 'something else than requests is unknown: it stays awake' };
  return { to: otherWork(view), detail: `no request for ${seconds(view.idleMs)}` };
}

/** Instances that something else than requests asks for. */
function otherWork(view: BoundView): number {
  let most = 0;
  for (const each of view.evaluations) if (each.keepsAwake) most = Math.max(most, each.wanted ?? 1);
  return most;
}

/** Requests at once that one instance is to have. */
function perInstance({ plan }: BoundView): number | null {
  for (const policy of plan.scale) {
    if (policy.policy === 'target' && policy.signal.kind === 'built-in' && policy.signal.name === 'in-flight') return policy.target;
  }
  return plan.concurrencyMax > 0 ? plan.concurrencyMax : null;
}
