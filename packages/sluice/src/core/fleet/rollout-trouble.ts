/** When the instances of a new version show that it will not do: it cannot be started, or ends again and again. */
import type { InstanceTrouble, InstanceView } from './instance-view.ts';
import type { RolloutState } from './rollout-state.ts';

/** Restarts of one instance from which each further failure is the version's fault, not an accident. */
const RESTARTS_MAX = 2;

const REPEATED: readonly InstanceTrouble[] = ['exited', 'never-ready', 'out-of-memory'];

/** Why the new version is given up; null when nothing speaks against it. */
export function crashedOf({ to }: RolloutState, instances: readonly InstanceView[]): string | null {
  for (const { id, version, restarts, trouble } of instances) {
    if (version !== to || trouble === null) continue;
    const { kind, detail } = trouble;
    const isHopeless = kind === 'unstartable' || kind === 'crash-loop' || (REPEATED.includes(kind) && restarts >= RESTARTS_MAX);
    if (isHopeless) return `${id} (${to}): ${detail}`;
  }
  return null;
}
