/** Listeners: where clients connect, and how much each of them may ask for. */
import * as z from 'zod';
import { listenerAddress } from './address.ts';
import { http1Limits } from './http1.ts';
import { choice, decimal, duration, flag, listOf, name, whole } from './scalar.ts';
import { preset, section } from './section.ts';
import { parseCidr } from '../cidr.ts';

const CIDR_ALLOWED = "must be an address or a CIDR such as '10.0.0.0/8' or '::1'";

const cidr = z
  .string({ error: CIDR_ALLOWED })
  .transform((given, context) => {
    const canonical = parseCidr(given);
    if (canonical !== null) return canonical;
    context.issues.push({ code: 'custom', message: CIDR_ALLOWED, input: given });
    return z.NEVER;
  })
  .meta({ 'x-range': 'address or CIDR' });

const timeouts = section('an object of timeouts', {
  header: preset(duration('10ms', '1h'), '10s').describe(
    'From the first byte of a request (or the accept) to the end of its head. Absolute: slow header lines do not extend it.',
  ),
  keepAlive: preset(duration('10ms', '24d'), '75s').describe('Between two requests of a connection.'),
  bodyIdle: preset(duration('10ms', '24d'), '30s').describe(
    'Between two reads of a request body, or two writes that make progress on a reply.',
  ),
  bodyRateMin: decimal(0, 1e9)
    .default(240)
    .describe(
      'Bytes per second. Below this mean rate, after `bodyGrace`, a request body is too slow and the connection is closed. 0 turns it off.',
    ),
  bodyGrace: preset(duration('0s', '1h'), '5s').describe('How long a request body may be slower than `bodyRateMin`.'),
  upgradeIdle: preset(duration('10ms', '24d'), '1h').describe(
    'Silence on an upgraded connection (WebSocket), both ways, after which it is closed.',
  ),
}).meta({ id: 'ListenerTimeouts', title: 'Listener timeouts', description: 'How long a client may take.' });

const forwarding = section('an object about forwarding', {
  trustedProxies: preset(listOf(cidr, 'a CIDR', 1024), []).describe(
    'Addresses and CIDRs of proxies in front, whose X-Forwarded-*, Forwarded and X-Request-Id are believed. From everyone else they are removed.',
  ),
  headers: choice(['x-forwarded', 'forwarded', 'both', 'none'])
    .default('x-forwarded')
    .describe('Which headers tell the service about the client: X-Forwarded-For/-Proto/-Host, Forwarded (RFC 7239), both or none.'),
  via: preset(z.union([z.literal(false), name()], { error: 'must be a name, or false for none' }), 'sluice').describe(
    'Name in the `Via` header, both ways. `false` adds none.',
  ),
  requestId: flag().default(true).describe('Sets X-Request-Id where a trusted proxy sent none.'),
}).meta({ id: 'Forwarding', title: 'Forwarding', description: 'What the service is told about the client.' });

/** One listener. */
export const listenerSchema = section("an object such as { http: ':8080' }", {
  http: listenerAddress().describe(
    "Address for plain HTTP/1.1. `':8080'` is every interface, IPv4 and IPv6; `'127.0.0.1:8080'` this machine only; `'unix:/path'` a socket file.",
  ),
  limits: preset(http1Limits(), {}).describe(
    'How large a request head may be. More is answered with 414 or 431 and a close, never by cutting.',
  ),
  timeouts: preset(timeouts, {}).describe('How long a client may take.'),
  forwarding: preset(forwarding, {}).describe('What the service is told about the client.'),
  connectionsMax: whole(1, 1_000_000).default(10_000).describe('Connections per worker; more are closed at once and counted.'),
  mergeSlashes: flag().default(false).describe('Joins `//` in paths into `/` before matching and forwarding.'),
  encodedSlashes: choice(['reject', 'keep'])
    .default('reject')
    .describe(
      'What to do with `%2F` and `%5C` in a path: answer 400, or keep them as they are. Services that decode them see other paths than the router matched.',
    ),
}).meta({ id: 'Listener', title: 'Listener', description: 'An address that accepts connections.' });
