/** What is allowed and probably not meant. Works on a valid configuration only. */
import type { FilterKind } from '../../core/filters/filter-kinds.ts';
import type { Report } from '../raw.ts';
import type { ValidConfig } from '../schema/config.ts';
import { isLoopback } from '../address.ts';
import type { Path } from '../fault.ts';
import type { AddressPlan, FieldMatch } from '../plan.ts';
import { warnAcme } from './acme.ts';
import { warnFleet } from './fleet-warnings.ts';
import { warnGrpc } from './grpc.ts';
import { targetsOf, warnLayer4 } from './layer4.ts';
import { warnObserve } from './observe.ts';

type ValidRoute = ValidConfig['routes'][number];
type ValidService = ValidConfig['services'][string];

/** RFC 2104 §3: a key shorter than the hash's output (32 bytes) weakens it. */
const STRONG_SECRET_LENGTH = 32;
const STRONG_SECRET_VARIETY = 10;

/** Reports everything worth a second look. */
export function warn(config: ValidConfig, report: Report): void {
  if (Object.keys(config.listeners).length === 0) report({ path: ['listeners'], what: 'is empty: nothing can connect' });
  const hasHttp = Object.values(config.listeners).some(({ kind }) => kind === 'http');
  if (hasHttp && config.routes.length === 0) report({ path: ['routes'], what: 'is empty: every request is answered with 404' });
  warnServices(config, report);
  warnLayer4(config, report);
  warnShadowed(config.routes, report);
  warnGrpc(config, report);
  warnAcme(config, report);
  warnFleet(config, report);
  warnObserve(config, report);
  if (config.admin?.token !== undefined) warnSecret(config.admin.token, ['admin', 'token'], report);
}

function warnServices(config: ValidConfig, report: Report): void {
  const routed = new Set<string>();
  for (const { to } of config.routes) if (to !== undefined) for (const { service } of to) routed.add(service);
  const used = new Set(routed);
  for (const { to } of Object.values(config.listeners)) for (const { service } of targetsOf(to)) used.add(service);
  const asked = new Set(used);
  for (const name of servicesOfFilters(config, ['mirror', 'errorPage'])) asked.add(name);
  // Nodes that share a cache's work have this one among them, and never ask themselves.
  for (const name of [...asked, ...servicesOfFilters(config, ['cache'])]) used.add(name);
  for (const [name, service] of Object.entries(config.services)) {
    const path = ['services', name];
    if (!used.has(name)) report({ path, what: 'is used by no route, filter or listener' });
    if (service.run === undefined && service.endpoints.length === 0)
      report({ path: [...path, 'endpoints'], what: 'is empty: requests are answered with 503' });
    if (service.proxyProtocol !== null && routed.has(name))
      report({
        path: [...path, 'proxyProtocol'],
        what: 'is not sent with HTTP requests, only by listeners of layer 4: requests have X-Forwarded-For',
      });
    warnBalance(service.balance, [...path, 'balance'], report);
    if (asked.has(name)) warnLoops(service.endpoints, config.listeners, [...path, 'endpoints'], report);
    if (service.affinity?.by !== 'cookie') continue;
    service.affinity.secrets.forEach((secret, index) => warnSecret(secret, [...path, 'affinity', 'secrets', index], report));
  }
}

/** Services that filters send requests to: nodes of a shield, targets of a mirror, where pages of errors come from. */
function servicesOfFilters({ filters, routes }: ValidConfig, kinds: readonly FilterKind[]): string[] {
  return [...filters, ...routes.flatMap((route) => route.filters)].flatMap((filter) => {
    if (!kinds.includes(filter.kind)) return [];
    if (filter.kind === 'cache') return filter.options.shield === null ? [] : [filter.options.shield.service];
    if (filter.kind === 'errorPage') return filter.options.from === null ? [] : [filter.options.from.service];
    return filter.kind === 'mirror' ? [filter.options.to] : [];
  });
}

/** Settings of another algorithm. */
function warnBalance(balance: ValidService['balance'], path: Path, report: Report): void {
  const isHash = balance.algorithm === 'hash' || balance.algorithm === 'ip-hash';
  const isUseless = {
    on: balance.algorithm !== 'hash' && balance.on !== 'uri',
    table: !isHash && balance.table !== 'maglev',
    loadFactor: !isHash && balance.loadFactor !== 0,
    maxCpu: balance.algorithm !== 'resource' && balance.maxCpu !== 1,
    maxMemory: balance.algorithm !== 'resource' && balance.maxMemory !== 1,
  };
  for (const [key, useless] of Object.entries(isUseless)) {
    if (useless) report({ path: [...path, key], what: `has no effect with ${balance.algorithm}` });
  }
}

/** An endpoint that is a listener of this program sends requests round until something gives. */
function warnLoops(endpoints: ValidService['endpoints'], listeners: ValidConfig['listeners'], path: Path, report: Report): void {
  const entries = Object.entries(listeners);
  endpoints.forEach(({ address }, index) => {
    const own = entries.find(([, listener]) => listener.kind !== 'datagram' && isSamePlace(listener.address, address));
    if (own !== undefined)
      report({ path: [...path, index], what: `is listener ${JSON.stringify(own[0])} of this gateway: requests would go round` });
  });
}

/** Whether a listener's address takes what is sent to this endpoint. */
function isSamePlace(
  listener: ValidConfig['listeners'][string]['address'],
  endpoint: ValidService['endpoints'][number]['address'],
): boolean {
  return listener.text === endpoint.text || (isEverywhere(listener.address) && isLocal(endpoint.address, listener.address));
}

function isEverywhere(address: AddressPlan): boolean {
  return address.kind === 'tcp' && (address.host === '::' || address.host === '0.0.0.0');
}

function isLocal(address: AddressPlan, listener: AddressPlan): boolean {
  return address.kind === 'tcp' && listener.kind === 'tcp' && address.port === listener.port && isLoopback(address);
}

function warnSecret(secret: string, path: Path, report: Report): void {
  if (secret.length >= STRONG_SECRET_LENGTH && new Set(secret).size >= STRONG_SECRET_VARIETY) return;
  report({ path, what: `is weak: fewer than ${STRONG_SECRET_LENGTH} random characters`, hint: 'make one with: openssl rand -base64 32' });
}

/** A route with the same match as another never gets a request, unless it has the higher priority or stands first. */
function warnShadowed(routes: readonly ValidRoute[], report: Report): void {
  const winners = new Map<string, number>();
  routes.forEach((route, index) => {
    const key = matchKey(route);
    const earlier = winners.get(key);
    if (earlier === undefined) {
      winners.set(key, index);
      return;
    }
    const isWinner = route.priority > (routes[earlier]?.priority ?? 0);
    const [loser, winner] = isWinner ? [earlier, index] : [index, earlier];
    if (isWinner) winners.set(key, index);
    report({ path: ['routes', loser], what: `is never reached: route ${winner} matches the same requests` });
  });
}

/** Equal for routes that match the same requests. */
function matchKey(route: ValidRoute): string {
  const { path } = route;
  // Names of parameters do not matter to what is matched.
  let key = path.kind === 'pattern' ? path.pattern.replace(/\/:[^/]+/g, '/:') : path.kind === 'regex' ? path.source : path.path;
  key = `${path.kind} ${key}`;
  for (const list of [route.listeners, route.hosts, route.methods]) key += list.length === 0 ? '\0' : `\0${list.toSorted().join(',')}`;
  for (const list of [route.headers, route.cookies, route.query]) {
    key += list.length === 0 ? '\0' : `\0${list.map(conditionKey).toSorted().join('\n')}`;
  }
  for (const [name, condition] of Object.entries(route.client)) {
    if (condition !== undefined) key += `\0${conditionKey({ name, ...condition })}`;
  }
  return `${key}\0${route.grpc ?? ''}`;
}

function conditionKey(match: FieldMatch): string {
  return `${match.name}\t${match.kind}\t${match.value}`;
}
