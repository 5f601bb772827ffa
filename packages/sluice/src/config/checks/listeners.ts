/** What must hold inside a listener: one address, and only settings of its kind. */
import type { Path } from '../fault.ts';
import { type RawConfig, rawField, rawObject, type Report } from '../raw.ts';
import { ROUTES_ALLOWED } from '../schema/config.ts';
import { LISTENER_KINDS } from '../schema/listener.ts';
import { checkForwardProxy } from './forward-proxy.ts';
import { checkListenerTls } from './listener-tls.ts';

/** How the listener was written: `tls` is an address only when nothing else is. */
export type ListenerKey = (typeof LISTENER_KINDS)[number];

const HTTP: readonly ListenerKey[] = ['http', 'https'];
const STREAM: readonly ListenerKey[] = ['tcp', 'tls'];
const FORWARD: readonly ListenerKey[] = ['forwardProxy'];
const LAYER4: readonly ListenerKey[] = ['tcp', 'tls', 'udp'];

type Table = Readonly<Record<string, readonly ListenerKey[]>>;

/** Settings and the kinds of listener that have them; a setting that is not here belongs to all. */
const BELONGS: Table = {
  to: LAYER4,
  limits: [...HTTP, ...FORWARD],
  http2: HTTP,
  forwarding: HTTP,
  mergeSlashes: HTTP,
  encodedSlashes: HTTP,
  redirectToHttps: ['http'],
  proxyProtocol: [...HTTP, ...STREAM, ...FORWARD],
  connectionsPerSourceMax: [...LAYER4, ...FORWARD],
  answersMax: ['udp'],
  engine: ['tcp', 'udp'],
  masquerade: ['tcp', 'udp'],
  onDown: ['tcp', 'udp'],
  allow: FORWARD,
  deny: FORWARD,
  allowPrivate: FORWARD,
  clients: FORWARD,
  basic: FORWARD,
  via: FORWARD,
  open: FORWARD,
};

const TIMEOUTS: Table = {
  header: [...HTTP, ...FORWARD],
  keepAlive: [...HTTP, ...FORWARD],
  bodyIdle: [...HTTP, ...FORWARD],
  bodyRateMin: [...HTTP, ...FORWARD],
  bodyGrace: [...HTTP, ...FORWARD],
  upgradeIdle: HTTP,
  idle: [...STREAM, ...FORWARD],
  halfClosed: [...STREAM, ...FORWARD],
  resolve: FORWARD,
  connect: FORWARD,
  response: FORWARD,
  lifetime: FORWARD,
  hello: ['tls'],
  session: ['udp'],
};

/** Reports faults of listeners beyond the form of each field. */
export function checkListeners(config: RawConfig, report: Report): void {
  for (const [name, listener] of Object.entries(config.listeners)) {
    if (typeof listener !== 'object' || listener === null) continue;
    const path: Path = ['listeners', name];
    const kind = kindOf(listener, path, report);
    if (kind === null) continue;
    if (HTTP.includes(kind) && !config.hasRoutes) report({ path: ['routes'], what: `${ROUTES_ALLOWED}, got nothing` });
    checkBelongs(listener, kind, BELONGS, path, report);
    checkBelongs(rawField(listener, 'timeouts'), kind, TIMEOUTS, [...path, 'timeouts'], report);
    checkTarget(listener, kind, path, report);
    if (kind === 'forwardProxy') checkForwardProxy(listener, path, report);
    checkListenerTls(rawField(listener, 'tls'), kind, config, path, report);
  }
}

function kindOf(listener: unknown, path: Path, report: Report): ListenerKey | null {
  const given = LISTENER_KINDS.filter((key) => key !== 'tls' && rawField(listener, key) !== undefined);
  if (given.length === 1) return given[0]!;
  if (given.length === 0 && rawField(listener, 'tls') !== undefined) return 'tls';
  const found = given.length === 0 ? 'none' : given.join(' and ');
  report({
    path,
    what: `must have exactly one address, as http, https, tcp, udp, forwardProxy or tls, but has ${found}`,
    hint: "write { http: ':8080' }",
  });
  return null;
}

function checkBelongs(given: unknown, kind: ListenerKey, table: Table, path: Path, report: Report): void {
  for (const key of Object.keys(rawObject(given))) {
    const kinds = Object.hasOwn(table, key) ? table[key]! : null;
    if (kinds === null || kinds.includes(kind)) continue;
    report({ path: [...path, key], what: `belongs to ${kinds.join(' and ')} listeners, and this is a ${kind} listener` });
  }
}

function checkTarget(listener: unknown, kind: ListenerKey, path: Path, report: Report): void {
  const to = rawField(listener, 'to');
  if (!LAYER4.includes(kind)) return;
  if (to === undefined) return report({ path, what: 'must have `to`: the service that connections are passed on to' });
  const hasNames = kind === 'tls' || (kind === 'tcp' && rawField(listener, 'tls') !== undefined);
  if (hasNames || rawField(to, 'serverNames') === undefined) return;
  const hint = kind === 'tcp' ? 'write { tls: ADDRESS } instead of { tcp: ADDRESS }' : null;
  report({ path: [...path, 'to', 'serverNames'], what: 'needs TLS: only its hello names a server', hint });
}
