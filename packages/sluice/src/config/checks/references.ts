/** Names that must exist: services and listeners that routes point to. */
import type { Path } from '../fault.ts';
import { type RawConfig, rawField, rawObject, rawTexts, type Report } from '../raw.ts';
import { suggest } from '../suggest.ts';

/** Reports every route to a service or listener that is not there. */
export function checkReferences(config: RawConfig, report: Report): void {
  for (const [name, listener] of Object.entries(config.listeners)) {
    const to = rawField(listener, 'to');
    const byName = rawField(to, 'serverNames');
    if (byName === undefined) checkTargets(config, to, ['listeners', name, 'to'], report);
    for (const [host, target] of Object.entries(rawObject(byName))) {
      checkTargets(config, target, ['listeners', name, 'to', 'serverNames', host], report);
    }
  }
  config.routes.forEach((route, index) => {
    checkTargets(config, rawField(route, 'to'), ['routes', index, 'to'], report);
    for (const [place, listener] of rawTexts(rawField(route, 'listeners'))) {
      const path = ['routes', index, 'listeners', ...(place === null ? [] : [place])];
      checkName(config.listeners, 'listener', listener, path, report);
    }
  });
}

/** A service's name, or an object of services and weights. */
function checkTargets(config: RawConfig, to: unknown, path: Path, report: Report): void {
  if (typeof to === 'string') checkName(config.services, 'service', to, path, report);
  for (const service of Object.keys(rawObject(to))) checkName(config.services, 'service', service, [...path, service], report);
}

/** Reports a name that is none of the known ones, with the one that was probably meant, or all that there are. @param noun Singular. */
export function checkName(known: Readonly<Record<string, unknown>>, noun: string, name: string, path: Path, report: Report): void {
  if (Object.hasOwn(known, name)) return;
  const names = Object.keys(known);
  const suggestion = suggest(name, names);
  report({
    path,
    what: `names a ${noun} that does not exist: ${JSON.stringify(name)}`,
    suggestion,
    hint: suggestion === null ? listNames(noun, names) : null,
  });
}

const NAMES_SHOWN_MAX = 10;

function listNames(noun: string, names: readonly string[]): string {
  if (names.length === 0) return `there are no ${noun}s`;
  const more = names.length > NAMES_SHOWN_MAX ? `, and ${names.length - NAMES_SHOWN_MAX} more` : '';
  return `${noun}s are: ${names.slice(0, NAMES_SHOWN_MAX).join(', ')}${more}`;
}
