/** What must hold of `mirror`: the service is there. */
import type { Path } from '../fault.ts';
import { type RawConfig, rawField, type Report } from '../raw.ts';
import { suggest } from '../suggest.ts';

export function checkMirror(config: RawConfig, mirror: unknown, path: Path, report: Report): void {
  const service = rawField(mirror, 'to');
  if (typeof service !== 'string' || Object.hasOwn(config.services, service)) return;
  const suggestion = suggest(service, Object.keys(config.services));
  report({ path: [...path, 'to'], what: `names a service that does not exist: ${JSON.stringify(service)}`, suggestion });
}
