/** Addresses that meet: two endpoints of a service, two listeners, a listener and the admin API. */
import { ADMIN, type AddressUse, ENDPOINT, LISTENER, parseAddress } from '../address.ts';
import type { AddressPlan } from '../plan.ts';
import { LISTENERS_MAX } from './capacity.ts';
import { type RawConfig, rawField, rawList, type Report } from '../raw.ts';
import type { Path } from '../fault.ts';

/** The admin API's address when none is given. */
const ADMIN_DEFAULT = '127.0.0.1:9900';

/** Reports duplicate endpoints, and listeners on one address. */
export function checkAddresses(config: RawConfig, report: Report): void {
  for (const [service, value] of Object.entries(config.services)) checkEndpoints(service, rawField(value, 'endpoints'), report);
  checkListeners(config, report);
}

function checkEndpoints(service: string, endpoints: unknown, report: Report): void {
  const seen = new Map<string, number>();
  rawList(endpoints).forEach((entry, index) => {
    const parsed = parse(typeof entry === 'string' ? entry : rawField(entry, 'address'), ENDPOINT);
    if (parsed === null) return;
    const earlier = seen.get(parsed.text);
    if (earlier === undefined) seen.set(parsed.text, index);
    else {
      const hint = 'give one of them a weight to send it more';
      report({
        path: ['services', service, 'endpoints', index],
        what: `is the same address as endpoints[${earlier}]: ${parsed.text}`,
        hint,
      });
    }
  });
}

function checkListeners(config: RawConfig, report: Report): void {
  // Each is compared with every other; `capacity.ts` has refused more.
  if (Object.keys(config.listeners).length > LISTENERS_MAX) return;
  const taken: { readonly label: string; readonly address: AddressPlan; readonly transport: 'tcp' | 'udp' }[] = [];
  const check = (label: string, path: Path, value: unknown, use: AddressUse, transport: 'tcp' | 'udp' = 'tcp'): void => {
    const parsed = parse(value, use);
    if (parsed === null) return;
    const other = taken.find((entry) => entry.transport === transport && collide(entry.address, parsed.address));
    if (other !== undefined)
      report({ path, what: `is the address of ${other.label}, too: ${parsed.text}`, hint: 'give one of them another port' });
    taken.push({ label, address: parsed.address, transport });
  };
  for (const [name, value] of Object.entries(config.listeners)) {
    // UDP and TCP ports are apart.
    for (const key of ['http', 'https', 'tcp', 'tls', 'forwardProxy'] as const) {
      check(`listener ${JSON.stringify(name)}`, ['listeners', name, key], rawField(value, key), LISTENER);
    }
    check(`listener ${JSON.stringify(name)}`, ['listeners', name, 'udp'], rawField(value, 'udp'), LISTENER, 'udp');
  }
  check('the admin API', ['admin'], adminAddress(config.admin), ADMIN);
}

/** `[::]` is every interface, so it takes the port from every other host. */
function collide(left: AddressPlan, right: AddressPlan): boolean {
  if (left.kind === 'unix' || right.kind === 'unix') return left.kind === 'unix' && right.kind === 'unix' && left.path === right.path;
  if (left.port !== right.port || left.port === 0) return false;
  return left.host === right.host || isWildcard(left.host) || isWildcard(right.host);
}

function isWildcard(host: string): boolean {
  return host === '::' || host === '0.0.0.0';
}

function adminAddress(admin: unknown): unknown {
  if (admin === undefined) return ADMIN_DEFAULT;
  return typeof admin === 'string' ? admin : rawField(admin, 'address');
}

function parse(value: unknown, use: AddressUse): { readonly address: AddressPlan; readonly text: string } | null {
  if (typeof value !== 'string') return null;
  const parsed = parseAddress(value, use);
  return parsed.ok ? parsed : null;
}
