/** What must hold of `cache` beyond its form: the store and the nodes are there, nodes are chosen by hash, and this one is among them. */
import type { Path } from '../fault.ts';
import { type RawConfig, rawField, rawList, type Report } from '../raw.ts';
import { suggest } from '../suggest.ts';
import { checkName } from './references.ts';

const HASHES = ['hash'];

export function checkCache(config: RawConfig, cache: unknown, path: Path, report: Report): void {
  const store = rawField(cache, 'store');
  if (typeof store === 'string') checkName({ default: {}, ...config.caches }, 'cache', store, [...path, 'store'], report);
  checkShield(config, rawField(cache, 'shield'), [...path, 'shield'], report);
}

function checkShield(config: RawConfig, shield: unknown, path: Path, report: Report): void {
  const name = rawField(shield, 'service');
  if (typeof name !== 'string') return;
  if (!Object.hasOwn(config.services, name)) return checkName(config.services, 'service', name, [...path, 'service'], report);
  const service = config.services[name];
  const balance = rawField(service, 'balance');
  const algorithm = typeof balance === 'string' ? balance : rawField(balance, 'algorithm');
  if (!HASHES.includes(String(algorithm))) {
    const hint = `write services.${name}.balance: { algorithm: 'hash', table: 'rendezvous' }`;
    report({ path: [...path, 'service'], what: 'must balance by hash, so that all nodes choose the same one for a reply', hint });
  }
  const self = rawField(shield, 'self');
  const nodes = rawList(rawField(service, 'endpoints')).map((each) => (typeof each === 'string' ? each : rawField(each, 'address')));
  // Names that DNS resolves, and instances, are known only when they run.
  const areKnown = nodes.length > 0 && nodes.every((node) => typeof node === 'string');
  if (areKnown && typeof self === 'string' && !nodes.includes(self))
    report({
      path: [...path, 'self'],
      what: `is no endpoint of services.${name}: ${JSON.stringify(self)}`,
      suggestion: suggest(self, nodes),
    });
}
