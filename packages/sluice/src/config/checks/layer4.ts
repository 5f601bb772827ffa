/** What layer 4 cannot do: nothing is known of a connection but its addresses and, where TLS is spoken, the name that it asks for. */
import { canonicalServerName } from '../../core/tls/server-name.ts';
import type { Path } from '../fault.ts';
import { poolSchema } from '../schema/pool.ts';
import type { ValidConfig } from '../schema/config.ts';
import { type RawConfig, rawField, rawList, rawObject, type Report } from '../raw.ts';

/** Reports what listeners of TCP, TLS and UDP ask of their services, or themselves, in vain. */
export function checkLayer4(config: RawConfig, report: Report): void {
  const seen = new Set<string>();
  for (const [name, listener] of Object.entries(config.listeners)) {
    const isUdp = rawField(listener, 'udp') !== undefined;
    if (isUdp) checkUdpListener(listener, ['listeners', name, 'udp'], report);
    const to = rawField(listener, 'to');
    checkWeights(to, ['listeners', name, 'to'], report);
    checkServerNames(rawField(to, 'serverNames'), ['listeners', name, 'to', 'serverNames'], report);
    for (const service of servicesOf(to)) {
      const key = `${isUdp} ${service}`;
      if (seen.has(key) || !Object.hasOwn(config.services, service)) continue;
      seen.add(key);
      const why = `listener ${JSON.stringify(name)} passes on ${isUdp ? 'datagrams' : 'connections'} without reading them`;
      checkService(config.services[service], ['services', service], why, report);
      if (isUdp) checkUdpService(config.services[service], ['services', service], name, report);
    }
  }
}

/** Reports settings about requests of services that get connections and datagrams only. */
export function warnLayer4(config: ValidConfig, report: Report): void {
  const routed = new Set(config.routes.flatMap(({ to }) => (to ?? []).map(({ service }) => service)));
  for (const [name, service] of Object.entries(config.services)) {
    const listener = Object.entries(config.listeners).find(([, { to }]) => targetsOf(to).some((target) => target.service === name));
    if (listener === undefined || routed.has(name) || listener[1].engine === 'kernel') continue; // `kernel.ts` says more
    const what = `has no effect: only listener ${JSON.stringify(listener[0])} leads here, and it knows of no requests`;
    for (const path of requestSettings(service)) report({ path: ['services', name, ...path], what });
  }
}

/** What a valid service says about requests. `pool.connectTimeout` holds for connections, too. */
function requestSettings({ hedge, protocol, limits, pool }: ValidConfig['services'][string]): string[][] {
  const found: string[][] = [];
  if (hedge !== null) found.push(['hedge']);
  if (protocol !== 'http1') found.push(['protocol']);
  if (limits.adaptive !== null) found.push(['limits', 'adaptive']);
  const defaults = Object.entries(poolSchema.parse({}));
  for (const [key, value] of defaults) {
    const isGiven = JSON.stringify(pool[key as keyof typeof pool]) !== JSON.stringify(value);
    if (isGiven && key !== 'connectTimeout') found.push(['pool', key]);
  }
  return found;
}

/** The services of a valid layer 4 listener. */
export function targetsOf(to: ValidConfig['listeners'][string]['to']) {
  if (to === undefined) return [];
  return 'services' in to ? to.services : Object.values(to.serverNames).flat();
}

/** Names of the services that a layer 4 listener leads to. */
export function servicesOf(to: unknown): readonly string[] {
  if (typeof to === 'string') return [to];
  const byName = rawField(to, 'serverNames');
  if (byName === undefined) return Object.keys(rawObject(to));
  return Object.values(rawObject(byName)).flatMap((target) => (typeof target === 'string' ? [target] : Object.keys(rawObject(target))));
}

function checkService(service: unknown, path: Path, why: string, report: Report): void {
  const by = rawField(rawField(service, 'affinity'), 'by');
  if (by !== undefined && by !== 'ip') {
    report({ path: [...path, 'affinity', 'by'], what: `must be 'ip': ${why}`, value: by });
  }
  if (rawField(rawField(service, 'balance'), 'on') !== undefined) {
    const hint = 'leave it out: the address of the client is hashed';
    report({ path: [...path, 'balance', 'on'], what: `has nothing to hash: ${why}`, hint });
  }
}

/** `{ 'shop.example': 'shop' }` is meant by name, and would be read as weights. */
function checkWeights(to: unknown, path: Path, report: Report): void {
  if (rawField(to, 'serverNames') !== undefined || !Object.values(rawObject(to)).some((value) => typeof value === 'string')) return;
  report({
    path,
    what: 'has services where weights belong',
    hint: "for names in the TLS hello, write to: { serverNames: { 'shop.example': 'shop' } }",
  });
}

function checkServerNames(byName: unknown, path: Path, report: Report): void {
  for (const name of Object.keys(rawObject(byName))) {
    if (name === '*' || canonicalServerName(name.startsWith('*.') ? name.slice(2) : name) !== null) continue;
    report({ path: [...path, name], what: 'is no name that a TLS client can ask for', hint: "write a DNS name, '*.' and one, or '*'" });
  }
}

function checkUdpListener(listener: unknown, path: Path, report: Report): void {
  const address = rawField(listener, 'udp');
  if (typeof address === 'string' && address.startsWith('unix:')) report({ path, what: 'must be an address with a port', value: address });
}

function checkUdpService(service: unknown, path: Path, listener: string, report: Report): void {
  for (const key of ['tls', 'proxyProtocol']) {
    const given = rawField(service, key);
    if (given === undefined || given === false) continue;
    report({ path: [...path, key], what: `belongs to connections, and listener ${JSON.stringify(listener)} sends datagrams here` });
  }
  rawList(rawField(service, 'endpoints')).forEach((endpoint, index) => {
    const address = typeof endpoint === 'string' ? endpoint : rawField(endpoint, 'address');
    if (typeof address !== 'string' || !address.startsWith('unix:')) return;
    const what = `must be an address with a port: listener ${JSON.stringify(listener)} sends datagrams here`;
    report({ path: [...path, 'endpoints', index], what, value: address });
  });
}
