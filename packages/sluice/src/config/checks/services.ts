/** What must hold inside a service: one kind of probe, bounds in order, attributes that browsers accept. */
import type { Path } from '../fault.ts';
import { formatDuration } from '../quantity.ts';
import { type RawConfig, rawDuration, rawField, rawList, rawNumber, type Report } from '../raw.ts';

const PROBES = ['http', 'tcp', 'grpc', 'command'] as const;
const HTTP_ONLY = ['method', 'host', 'headers', 'statuses', 'body'] as const;

/** Reports faults of services beyond the form of each field. */
export function checkServices(config: RawConfig, report: Report): void {
  for (const [name, service] of Object.entries(config.services)) {
    const path: Path = ['services', name];
    checkHealth(rawField(service, 'health'), [...path, 'health'], report);
    checkCookie(rawField(service, 'affinity'), [...path, 'affinity'], report);
    checkBounds(service, path, report);
    checkUpstream(service, path, report);
  }
}

function checkHealth(health: unknown, path: Path, report: Report): void {
  if (typeof health !== 'object' || health === null) return;
  const probes = PROBES.filter((probe) => rawField(health, probe) !== undefined);
  if (probes.length !== 1) {
    report({
      path,
      what: `must have exactly one of http, tcp, grpc and command, but has ${probes.length === 0 ? 'none' : probes.join(' and ')}`,
    });
  } else if (probes[0] !== 'http') {
    const given = HTTP_ONLY.filter((key) => rawField(health, key) !== undefined);
    for (const key of given) report({ path: [...path, key], what: `belongs to an http probe, and this is a ${probes[0]} probe` });
  }
  const interval = rawDuration(health, 'interval') ?? 5_000;
  for (const key of ['timeout', 'fastInterval']) {
    const given = rawDuration(health, key);
    if (given !== null && given > interval)
      report({ path: [...path, key], what: 'must be at most the interval', value: rawField(health, key) });
  }
}

function checkCookie(affinity: unknown, path: Path, report: Report): void {
  // RFC 6265bis §5.7: a cookie with SameSite=None and without Secure is refused by browsers.
  if (rawField(affinity, 'sameSite') === 'none' && rawField(affinity, 'secure') === false) {
    report({ path: [...path, 'secure'], what: "must be true beside sameSite 'none': browsers refuse the cookie otherwise" });
  }
  const secrets = rawList(rawField(affinity, 'secrets'));
  secrets.forEach((secret, index) => {
    if (typeof secret === 'string' && secrets.indexOf(secret) !== index)
      report({ path: [...path, 'secrets', index], what: 'is there twice' });
  });
}

function checkUpstream(service: unknown, path: Path, report: Report): void {
  const tls = rawField(service, 'tls');
  if (rawField(service, 'protocol') === 'auto' && (tls === undefined || tls === false)) {
    report({
      path: [...path, 'protocol'],
      what: "must not be 'auto' without tls: only TLS agrees on a protocol",
      hint: "write 'http1' or 'http2'",
    });
  }
  const [cert, key] = [rawField(tls, 'cert'), rawField(tls, 'key')];
  if ((cert === undefined) !== (key === undefined)) {
    report({ path: [...path, 'tls'], what: `must have cert and key together, but has no ${cert === undefined ? 'cert' : 'key'}` });
  }
}

/** Pairs of which the first is at most the second: section, lower, its default, upper, its default. */
const NUMBER_PAIRS = [
  ['limits.adaptive', 'min', 10, 'initial', 20],
  ['limits.adaptive', 'initial', 20, 'max', 1000],
] as const;
const DURATION_PAIRS = [
  ['outlier', 'baseEjection', 30_000, 'maxEjection', 300_000],
  ['retry', 'backoffBase', 25, 'backoffMax', 250],
] as const;

function checkBounds(service: unknown, path: Path, report: Report): void {
  for (const [section, low, lowDefault, high, highDefault] of NUMBER_PAIRS) {
    const steps = section.split('.');
    const value = steps.reduce(rawField, service);
    const [left, right] = [rawNumber(value, low) ?? lowDefault, rawNumber(value, high) ?? highDefault];
    if (left > right) report({ path: [...path, ...steps], what: `must have ${low} at most ${high}, got ${left} and ${right}` });
  }
  for (const [section, low, lowDefault, high, highDefault] of DURATION_PAIRS) {
    const value = rawField(service, section);
    const [left, right] = [rawDuration(value, low) ?? lowDefault, rawDuration(value, high) ?? highDefault];
    if (left > right)
      report({
        path: [...path, section],
        what: `must have ${low} at most ${high}, got ${formatDuration(left)} and ${formatDuration(right)}`,
      });
  }
}
