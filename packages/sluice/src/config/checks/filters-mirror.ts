/** What must hold of `mirror`: the service is there. */
import type { Path } from '../fault.ts';
import { type RawConfig, rawField, type Report } from '../raw.ts';
import { checkName } from './references.ts';

export function checkMirror(config: RawConfig, mirror: unknown, path: Path, report: Report): void {
  const service = rawField(mirror, 'to');
  if (typeof service === 'string') checkName(config.services, 'service', service, [...path, 'to'], report);
}
