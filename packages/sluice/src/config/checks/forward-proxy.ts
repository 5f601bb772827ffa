/** What must hold of a forward proxy across its fields: it lets somebody go somewhere, its rules do not contradict each other, and it is open to the world only where that is said twice. */
import { addressClass } from '../../core/forward-proxy/address-class.ts';
import { type IpRange, ipRange } from '../../core/forward-proxy/ip-range.ts';
import { isLoopback, LISTENER, parseAddress } from '../address.ts';
import type { Path } from '../fault.ts';
import { type RawConfig, rawField, rawList, rawTexts, type Report } from '../raw.ts';
import { checkBasic } from './filters-basic.ts';

/** A wider range has public addresses in it: it is no list of private ones. */
const BITS_MIN = { 4: 8, 16: 7 } as const;

/** One host of a rule, with its place. */
interface Given {
  readonly host: string;
  readonly path: Path;
  /** The rule names ports. */
  readonly hasPorts: boolean;
}

/** Reports faults of one forward proxy. */
export function checkForwardProxy(listener: unknown, path: Path, report: Report): void {
  const [allow, deny] = [hostsOf(listener, 'allow', path), hostsOf(listener, 'deny', path)];
  const ranges = rawTexts(rawField(listener, 'allowPrivate')).flatMap(([, text]) => ipRange(text) ?? []);
  checkAllow(listener, allow, path, report);
  checkContradictions(allow, deny, ranges, report);
  checkPrivate(listener, path, report);
  checkOpen(listener, allow, path, report);
  checkEmpty(listener, path, report);
  const basic = rawField(listener, 'basic');
  if (basic !== undefined && basic !== false) checkBasic(basic, [...path, 'basic'], report);
  if (rawField(rawField(listener, 'tls'), 'hosts') !== undefined) {
    // The name is the client's to choose: rules by name would be rules that it chooses.
    report({
      path: [...path, 'tls', 'hosts'],
      what: 'has no place in a forward proxy: clients would choose their rules by the name they send',
    });
  }
}

function checkAllow(listener: unknown, allow: readonly Given[], path: Path, report: Report): void {
  const hint = "write allow: ['api.example.com'], or allow: '*' for everything that is public";
  if (rawField(listener, 'allow') === undefined) return report({ path, what: 'must have `allow`: where its clients may go', hint });
  const isEmptyList = Array.isArray(rawField(listener, 'allow')) && allow.length === 0;
  if (isEmptyList) report({ path: [...path, 'allow'], what: 'is empty: every request would be refused', hint });
}

function checkContradictions(allow: readonly Given[], deny: readonly Given[], privates: readonly IpRange[], report: Report): void {
  const denied = new Map(deny.filter(({ hasPorts }) => !hasPorts).map((given) => [given.host, given]));
  const seen = new Set<string>();
  for (const { host, path, hasPorts } of allow) {
    const isDenied = denied.has(host) || denied.has('*');
    if (isDenied) report({ path, what: 'is allowed and denied: `deny` wins, so it would never be allowed', hint: 'keep one of the two' });
    if (!hasPorts && seen.has(host)) report({ path, what: 'is allowed already, above' });
    if (!hasPorts) seen.add(host);
    checkReachable(host, path, privates, report);
  }
}

/** An address that a rule allows and that is not public is refused all the same. */
function checkReachable(host: string, path: Path, privates: readonly IpRange[], report: Report): void {
  const range = ipRange(host);
  if (range === null || range.bits < BITS_MIN[range.bytes.length as 4 | 16]) return;
  const kind = addressClass(host.split('/')[0]!);
  if (kind === 'public' || privates.some((each) => each.covers(range) || range.covers(each))) return;
  report({ path, what: `is ${kind}, and such addresses are refused`, hint: `add allowPrivate: ['${host}']` });
}

function checkPrivate(listener: unknown, path: Path, report: Report): void {
  for (const [index, text] of rawTexts(rawField(listener, 'allowPrivate'))) {
    const range = ipRange(text);
    if (range === null) continue; // the schema says so
    const at = [...path, 'allowPrivate', ...(index === null ? [] : [index])];
    if (range.bits < BITS_MIN[range.bytes.length as 4 | 16]) {
      report({
        path: at,
        what: 'is too wide to be a private range',
        hint: "name the ranges that are meant, such as '10.1.0.0/16'",
        value: text,
      });
    } else if (addressClass(text.split('/')[0]!) === 'public') {
      report({ path: at, what: 'is public, and needs no exception', hint: 'allow it under `allow`', value: text });
    }
  }
}

/** Who allows everything to everybody has an open proxy, which others find within hours. */
function checkOpen(listener: unknown, allow: readonly Given[], path: Path, report: Report): void {
  const isOpen = rawField(listener, 'open') === true;
  const isForAll = isWideOpen(listener, allow);
  if (isForAll && !isOpen) {
    report({
      path: [...path, 'allow'],
      what: "is '*' and anybody who reaches the listener may use it: an open proxy",
      hint: 'ask for `basic`, client certificates or `clients`, listen on 127.0.0.1, or write open: true',
    });
  }
  if (isOpen && !isForAll) report({ path: [...path, 'open'], what: 'has no effect: the proxy is not open', hint: 'take it out' });
}

/** Reports proxies that are open to everybody because somebody says so. */
export function warnForwardProxy(config: RawConfig, report: Report): void {
  for (const [name, listener] of Object.entries(config.listeners)) {
    if (rawField(listener, 'open') !== true || !isWideOpen(listener)) continue;
    report({ path: ['listeners', name], what: 'is an open proxy: whoever reaches it can send what they like from here' });
  }
}

/** Whether everything is allowed, to anybody, from other machines. */
function isWideOpen(listener: unknown, allow: readonly Given[] = hostsOf(listener, 'allow', [])): boolean {
  const given = rawField(listener, 'forwardProxy');
  const parsed = typeof given === 'string' ? parseAddress(given, LISTENER) : null;
  if (parsed === null || !parsed.ok || isLoopback(parsed.address)) return false;
  const basic = rawField(listener, 'basic');
  const clients = rawTexts(rawField(listener, 'clients'));
  const isBounded = clients.length > 0 && clients.every(([, text]) => (ipRange(text)?.bits ?? 0) > 0);
  const asks = (basic !== undefined && basic !== false) || asksForCertificates(rawField(listener, 'tls'));
  return !asks && !isBounded && allow.some(({ host }) => host === '*' || ipRange(host)?.bits === 0);
}

/** Certificates that a client may leave out tell nobody from anybody. */
function asksForCertificates(tls: unknown): boolean {
  const clients = rawField(tls, 'clientCertificates');
  return typeof clients === 'object' && clients !== null && rawField(clients, 'mode') !== 'optional';
}

function checkEmpty(listener: unknown, path: Path, report: Report): void {
  for (const key of ['allow', 'deny']) {
    rawList(rawField(listener, key)).forEach((rule, index) => {
      for (const part of ['hosts', 'ports']) {
        const given = rawField(rule, part);
        if (Array.isArray(given) && given.length === 0)
          report({ path: [...path, key, index, part], what: 'is empty: the rule would hold for nothing' });
      }
    });
  }
}

function hostsOf(listener: unknown, key: 'allow' | 'deny', path: Path): readonly Given[] {
  const given = rawField(listener, key);
  const rules = Array.isArray(given) ? rawList(given) : given === undefined ? [] : [given];
  return rules.flatMap((rule, index) => {
    const at = [...path, key, ...(Array.isArray(given) ? [index] : [])];
    if (typeof rule === 'string') return [{ host: canonical(rule), path: at, hasPorts: false }];
    const hasPorts = rawField(rule, 'ports') !== undefined;
    return rawTexts(rawField(rule, 'hosts')).map(([place, host]) => ({
      host: canonical(host),
      path: [...at, 'hosts', ...(place === null ? [] : [place])],
      hasPorts,
    }));
  });
}

function canonical(host: string): string {
  return host.toLowerCase();
}
