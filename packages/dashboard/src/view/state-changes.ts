/** What a person who does not see the colours should be told: services that changed their state between two snapshots. */
import type { ServiceTraffic } from '../api/types.ts';

type Services = Readonly<Record<string, Pick<ServiceTraffic, 'state'>>>;

const AT_MOST = 3;

/** @returns One sentence; empty: nothing changed. */
export function describeChanges(before: Services, after: Services): string {
  const changes: string[] = [];
  for (const [name, { state }] of Object.entries(after)) {
    const was = before[name]?.state;
    if (was !== undefined && was !== state) changes.push(`service ${name} is ${state}, was ${was}`);
  }
  if (changes.length > AT_MOST) return `${changes.slice(0, AT_MOST).join('; ')}; and ${changes.length - AT_MOST} more changed`;
  return changes.join('; ');
}
