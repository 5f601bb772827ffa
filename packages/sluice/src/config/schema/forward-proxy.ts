/** Settings that forward proxies alone have: who may go where. Keys of a listener beside `forwardProxy`. */
import * as z from 'zod';
import type { DestinationRule, PortRange } from '../../core/forward-proxy/destination-rules.ts';
import { parseCidr } from '../cidr.ts';
import type { BasicPlan } from '../filters/basic-plan.ts';
import { basicFields } from './filters/basic.ts';
import { cidr } from './cidr.ts';
import { flag, listOf, name, whole } from './scalar.ts';
import { optional, preset, section } from './section.ts';

const RULES_MAX = 10_000;
const HOST_ALLOWED = "must be a host such as 'api.example.com', '*.example.com' or '*', an address or a CIDR";
const PORT_ALLOWED = "must be a port 1..65535, or a range such as '8000-8099'";
const NAME = /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const ENDS_IN_NUMBER = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;

const host = z
  .string({ error: HOST_ALLOWED })
  .transform((given, context) => {
    const range = parseCidr(given);
    if (range !== null) return range;
    const lower = given.toLowerCase();
    if (lower === '*' || (lower.length <= 253 && NAME.test(lower) && !ENDS_IN_NUMBER.test(lower))) return lower;
    context.issues.push({ code: 'custom', message: HOST_ALLOWED, input: given });
    return z.NEVER;
  })
  .meta({ 'x-range': 'host, address or CIDR' });

const range = z
  .string({ error: PORT_ALLOWED })
  .transform((given, context): PortRange => {
    const [, from, to] = /^(\d{1,5})-(\d{1,5})$/.exec(given) ?? [];
    if (Number(from) >= 1 && Number(to) <= 65_535 && Number(from) <= Number(to)) return [Number(from), Number(to)];
    context.issues.push({ code: 'custom', message: PORT_ALLOWED, input: given });
    return z.NEVER;
  })
  .meta({ 'x-range': 'port range' });

const port = z.union([whole(1, 65_535).transform((one): PortRange => [one, one]), range], { error: PORT_ALLOWED });

const rule = section("an object such as { hosts: ['api.example.com'], ports: [443] }", {
  hosts: listOf(host, 'a host', RULES_MAX).describe(
    "Names (`*.example.com` is any depth below it), addresses and CIDRs; `'*'` is everything. In `allow`, addresses are those that a client asks for by number.",
  ),
  ports: listOf(port, 'a port', 64)
    .optional()
    .describe("Ports, and ranges such as `'8000-8099'`. Default: in `allow` 443, and 80 without CONNECT; in `deny` all."),
})
  .transform(({ hosts, ports }): DestinationRule => ({ hosts, ports: ports ?? null }))
  .meta({ id: 'DestinationRule', title: 'Destinations', description: 'Hosts and ports.' });

const destination = z.union([host.transform((one): DestinationRule => ({ hosts: [one], ports: null })), rule], {
  error: "must be a host, or an object such as { hosts: ['api.example.com'], ports: [443] }",
});

const basic = section("an object such as { file: 'users.htpasswd' }", basicFields)
  .transform(({ users, file, realm }): BasicPlan => ({
    users,
    usersWritten: users.length,
    files: file,
    realm,
    userHeader: null,
    forwardsCredentials: false,
  }))
  .meta({
    id: 'ForwardProxyBasic',
    title: 'Passwords of a forward proxy',
    description: 'Lets in users with their passwords (RFC 7617), by Proxy-Authorization.',
  });

/** Keys of a listener. */
export const forwardProxyFields = {
  allow: listOf(destination, 'a destination', RULES_MAX)
    .optional()
    .describe("Forward proxy: where clients may go; nowhere else. `'*'` is everywhere that is public."),
  deny: preset(listOf(destination, 'a destination', RULES_MAX), []).describe(
    'Forward proxy: where nobody may go, whatever `allow` says. CIDRs also hold for the addresses that names have.',
  ),
  allowPrivate: preset(listOf(cidr(), 'a CIDR', 1024), []).describe(
    'Forward proxy: addresses that are not public (loopback, private, link-local, …) and may still be connected to. All others are refused, whatever name leads there.',
  ),
  clients: preset(listOf(cidr(), 'a CIDR', 1024), []).describe(
    'Forward proxy: addresses that clients come from; others are closed at once. Default: any.',
  ),
  basic: optional(basic, "an object such as { file: 'users.htpasswd' }").describe('Forward proxy: users and their passwords.'),
  via: preset(
    z.union([z.literal(false).transform(() => null), name()], { error: 'must be a name, or false for none' }),
    'sluice-forward',
  ).describe(
    'Forward proxy: name in the `Via` header, both ways, by which circles are noticed. Proxies in a row need different names. `false` adds none.',
  ),
  open: flag()
    .default(false)
    .describe(
      "Forward proxy: says that `allow: '*'` is meant for everybody who can reach the listener. Without it, that is refused: somebody always finds an open proxy.",
    ),
};
