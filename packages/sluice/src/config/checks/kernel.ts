/**
 * What Linux cannot do for a listener with engine `kernel`. It picks an endpoint for the first packet of a connection, by a counter, a random number or
 * the client's address, and forwards; it does not open connections, read bytes or count what is open.
 */
import type { Algorithm } from '../../core/balancing/algorithm.ts';
import type { Path } from '../fault.ts';
import { type RawConfig, rawField, rawList, rawObject, type Report } from '../raw.ts';

/** Settings of a listener that packets pass by. */
const LISTENER_ONLY_USER = ['tls', 'proxyProtocol', 'connectionsPerSourceMax', 'connectionsMax', 'answersMax', 'timeouts'] as const;
const LISTENER_ONLY_KERNEL = ['masquerade', 'onDown'] as const;

/** `p2c` is not among them: written, it is a wish that cannot be met; left out, the kernel goes round. */
const ALGORITHMS: readonly Algorithm[] = ['round-robin', 'smooth-wrr', 'random', 'ip-hash', 'hash'];

/** Reports what listeners with engine `kernel` ask for in vain. */
export function checkKernel(config: RawConfig, report: Report): void {
  for (const [name, listener] of Object.entries(config.listeners)) {
    const path: Path = ['listeners', name];
    if (rawField(listener, 'engine') !== 'kernel') {
      for (const key of LISTENER_ONLY_KERNEL) {
        if (rawField(listener, key) !== undefined) report({ path: [...path, key], what: "has no effect without engine 'kernel'" });
      }
      continue;
    }
    for (const key of LISTENER_ONLY_USER) {
      if (rawField(listener, key) === undefined) continue;
      report({ path: [...path, key], what: "has no effect with engine 'kernel': packets do not pass this program" });
    }
    const services = targetsOf(listener);
    if (services.length > 1) report({ path: [...path, 'to'], what: "must be one service with engine 'kernel'" });
    for (const service of services) checkService(config, service, { name, address: addressOf(listener) }, report);
  }
}

/** Reports what the services of such listeners have set and the kernel does without. For a configuration that is valid. */
export function warnKernel(config: RawConfig, report: Report): void {
  const seen = new Set<string>();
  for (const [name, listener] of Object.entries(config.listeners)) {
    if (rawField(listener, 'engine') !== 'kernel') continue;
    for (const service of targetsOf(listener)) {
      if (!seen.has(service)) warnService(config.services[service], ['services', service], by(name), report);
      seen.add(service);
    }
  }
}

function targetsOf(listener: unknown): readonly string[] {
  const to = rawField(listener, 'to');
  return typeof to === 'string' ? [to] : Object.keys(rawObject(to));
}

function addressOf(listener: unknown): string {
  const given = rawField(listener, 'tcp') ?? rawField(listener, 'udp');
  return typeof given === 'string' ? given : '';
}

function by(listener: string): string {
  return `with engine 'kernel', which listener ${JSON.stringify(listener)} has`;
}

interface KernelListener {
  readonly name: string;
  readonly address: string;
}

function checkService(config: RawConfig, name: string, { name: listener, address: listens }: KernelListener, report: Report): void {
  if (!Object.hasOwn(config.services, name)) return;
  const service = config.services[name];
  const path: Path = ['services', name];
  const isLoopback = /^(?:127\.|\[::1\]:)/.test(listens);
  checkBalance(rawField(service, 'balance'), [...path, 'balance'], listener, report);
  for (const key of ['tls', 'proxyProtocol']) {
    const given = rawField(service, key);
    if (given !== undefined && given !== false) report({ path: [...path, key], what: `cannot be done ${by(listener)}` });
  }
  if (rawField(rawField(service, 'affinity'), 'by') !== undefined) {
    report({ path: [...path, 'affinity'], what: `cannot be done ${by(listener)}`, hint: "write balance: 'ip-hash'" });
  }
  rawList(rawField(service, 'endpoints')).forEach((endpoint, index) => {
    const address = typeof endpoint === 'string' ? endpoint : rawField(endpoint, 'address');
    if (typeof address !== 'string') return;
    const at = [...path, 'endpoints', index];
    if (address.startsWith('unix:')) report({ path: at, what: `must be an address with a port ${by(listener)}`, value: address });
    if (/^localhost:/i.test(address) && !isLoopback) {
      const hint = 'use an address of the machine that others can reach';
      report({ path: at, what: `cannot serve ${listens} ${by(listener)}: packets from a network do not get to loopback`, hint });
    }
  });
}

function checkBalance(balance: unknown, path: Path, listener: string, report: Report): void {
  const algorithm = typeof balance === 'string' ? balance : rawField(balance, 'algorithm');
  if (algorithm !== undefined && !(ALGORITHMS as readonly unknown[]).includes(algorithm)) {
    report({ path, what: `must be ${ALGORITHMS.map((one) => `'${one}'`).join(', ')} ${by(listener)}`, value: algorithm });
  }
  const table = rawField(balance, 'table');
  if (table !== undefined && table !== 'maglev') {
    report({ path: [...path, 'table'], what: `must be 'maglev' ${by(listener)}`, value: table });
  }
  const loadFactor = rawField(balance, 'loadFactor');
  if (loadFactor !== undefined && loadFactor !== 0) {
    report({ path: [...path, 'loadFactor'], what: `cannot be kept ${by(listener)}: open connections are not counted` });
  }
}

/** What has no effect, and why. */
const IDLE: Readonly<Record<string, string>> = {
  outlier: 'connections are not observed, so only active checks take an endpoint out',
  retry: 'the kernel does not try again',
  hedge: 'connections are not copied',
  limits: 'open connections are not counted',
  pool: 'there are no connections of ours',
  slowStart: 'endpoints have their full share at once',
};

function warnService(service: unknown, path: Path, where: string, report: Report): void {
  for (const [key, why] of Object.entries(IDLE)) {
    const given = rawField(service, key);
    if (given !== undefined && given !== false) report({ path: [...path, key], what: `has no effect ${where}: ${why}` });
  }
  rawList(rawField(service, 'endpoints')).forEach((endpoint, index) => {
    const given = rawField(endpoint, 'requestsMax');
    if (given === undefined || given === 0) return;
    report({ path: [...path, 'endpoints', index, 'requestsMax'], what: `has no effect ${where}: open connections are not counted` });
  });
}
