/** Listeners: where clients connect, and how much each of them may ask for. */
import * as z from 'zod';
import { toSchema } from './action.ts';
import { type GivenAddress, listenerAddress } from './address.ts';
import { cidr } from './cidr.ts';
import { forwardProxyFields } from './forward-proxy.ts';
import { hostPattern } from './host.ts';
import { http1Limits } from './http1.ts';
import { choice, decimal, duration, flag, listOf, name, size, whole } from './scalar.ts';
import { named, preset, section } from './section.ts';
import { devTls, tlsObject } from './tls.ts';

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
    'Silence on an upgraded connection (WebSocket), both ways, or of a stream of server-sent events, after which it is closed.',
  ),
  idle: preset(duration('10ms', '24d'), '1h').describe(
    'Layer 4, and tunnels of a forward proxy: silence on a connection, both ways, after which it is closed.',
  ),
  halfClosed: preset(duration('10ms', '24d'), '30s').describe('The same once one side has ended.'),
  hello: preset(duration('100ms', '1m'), '10s').describe('Layer 4: for the TLS hello, where it is read for its name.'),
  session: preset(duration('100ms', '24d'), '30s').describe(
    'UDP: silence after which the next datagram of a client may go to another endpoint.',
  ),
  resolve: preset(duration('10ms', '1m'), '5s').describe('Forward proxy: for the addresses of a name.'),
  connect: preset(duration('10ms', '1m'), '10s').describe('Forward proxy: for a connection, all addresses of a name together.'),
  response: preset(duration('10ms', '24d'), '1m').describe('Forward proxy: from a request to the head of its reply.'),
  lifetime: preset(duration('0s', '24d'), '0s').describe(
    'Forward proxy: how long a tunnel or request may last, whatever happens in it. 0s is no bound.',
  ),
}).meta({ id: 'ListenerTimeouts', title: 'Listener timeouts', description: 'How long a client may take.' });

const forwarding = section('an object about forwarding', {
  trustedProxies: preset(listOf(cidr(), 'a CIDR', 1024), []).describe(
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

const http2 = section('an object about HTTP/2, or false', {
  streamsMax: whole(1, 10_000).default(100).describe('Requests of one connection at once.'),
  streamWindow: preset(size('65535B', '16MiB'), '256KiB').describe('How much content a request may send ahead of the service.'),
  connectionWindow: preset(size('65535B', '64MiB'), '1MiB').describe('The same for all requests of a connection together.'),
}).meta({ id: 'Http2', title: 'HTTP/2', description: 'RFC 9113.' });

const proxyProtocol = section("an object such as { trusted: ['10.0.0.0/8'] }", {
  trusted: listOf(cidr(), 'a CIDR', 1024).describe(
    'Addresses and CIDRs that must send the header. Connections from elsewhere are refused.',
  ),
  version: choice(['any', 'v1', 'v2']).default('any').describe('Which version is accepted.'),
  timeout: preset(duration('100ms', '1m'), '5s').describe('For the header to come.'),
}).meta({
  id: 'ProxyProtocol',
  title: 'PROXY protocol',
  description: 'The header in which a proxy in front names its client. Mandatory once it is on.',
});

const redirectToHttps = section('true, or an object such as { port: 8443 }', {
  port: whole(1, 65_535).default(443).describe('Port of the https listener, as clients see it.'),
  status: z.literal([301, 302, 307, 308], { error: 'must be 301, 302, 307 or 308' }).default(308).describe('Status of the redirect.'),
}).meta({ id: 'RedirectToHttps', title: 'Redirect to https', description: 'Sends every request to the same place under https.' });

const PASSTHROUGH = "an address, 'dev', or an object about TLS";

const serverNames = named(
  "an object of server names and services such as { 'db.example.com': 'db', '*': 'other' }",
  z.union([hostPattern(), z.literal('*')]),
  toSchema.unwrap(),
);

/** Stands for an address that is missing, which the checks report. */
const NOWHERE: GivenAddress = { address: { kind: 'tcp', host: '::', port: 0 }, text: '' };

/** The address of a listener under one of these keys says what is spoken there. */
export const LISTENER_KINDS = ['http', 'https', 'tcp', 'udp', 'forwardProxy', 'tls'] as const;

const written = section("an object such as { http: ':8080' }", {
  http: listenerAddress()
    .optional()
    .describe(
      "Address for HTTP in the clear. `':8080'` is every interface, IPv4 and IPv6; `'127.0.0.1:8080'` this machine only; `'unix:/path'` a socket file.",
    ),
  https: listenerAddress().optional().describe('Address for HTTP behind TLS, which ends here; `tls` says how.'),
  tcp: listenerAddress().optional().describe('Layer 4: address for TCP connections, which are passed on to `to` as they are.'),
  udp: listenerAddress().optional().describe('Layer 4: address for UDP datagrams, which are passed on to `to`.'),
  forwardProxy: listenerAddress()
    .optional()
    .describe(
      'Address of a forward proxy: clients name it as theirs and ask it for what lies outside, by CONNECT or with an `http://` target. `allow` says where they may go.',
    ),
  tls: z
    .union([z.literal('dev').transform(() => devTls()), tlsObject, listenerAddress()], { error: `must be ${PASSTHROUGH}` })
    .optional()
    .describe(
      "Beside `https`, `tcp` or `forwardProxy`: how TLS ends here; `'dev'` makes a certificate for this machine. Alone: an address for TLS connections that are passed on unopened, by server name.",
    ),
  to: z
    .union(
      [
        toSchema.unwrap().transform((services) => ({ services })),
        section("{ serverNames: { 'db.example.com': 'db' } }", {
          serverNames: serverNames.describe('Services by the name in the TLS hello: exact, then `*.example.com`, then `*`.'),
        }),
      ],
      {
        error: "must be a service's name, an object of services and weights, or { serverNames: { 'db.example.com': 'db' } }",
      },
    )
    .optional()
    .describe('Layer 4: where connections go: a service, services with weights, or `{ serverNames }` by the name in the TLS hello.'),
  limits: preset(http1Limits(), {}).describe(
    'How large a request head may be. More is answered with 414 or 431 and a close, never by cutting.',
  ),
  http2: preset(
    z.union([z.literal(false).transform(() => null), z.literal(true).transform(() => http2.parse({})), http2], {
      error: 'must be an object, true or false',
    }),
    true,
  ).describe('HTTP/2: by ALPN behind TLS, by prior knowledge (h2c) in the clear. `false` leaves HTTP/1.1 only.'),
  timeouts: preset(timeouts, {}).describe('How long a client may take.'),
  forwarding: preset(forwarding, {}).describe('What the service is told about the client.'),
  proxyProtocol: preset(
    z.union([z.literal(false).transform(() => null), proxyProtocol], {
      error: "must be an object such as { trusted: ['10.0.0.0/8'] }, or false",
    }),
    false,
  ).describe('Expects the PROXY protocol header, v1 or v2, from the proxies in front. Off unless given.'),
  redirectToHttps: preset(
    z.union([z.literal(false).transform(() => null), z.literal(true).transform(() => redirectToHttps.parse({})), redirectToHttps], {
      error: 'must be true, false or an object such as { port: 8443 }',
    }),
    false,
  ).describe('Beside `http`: sends every request to the same place under https.'),
  connectionsMax: whole(1, 1_000_000)
    .default(10_000)
    .describe('Connections (UDP: sessions) per worker; more are closed at once and counted.'),
  connectionsPerSourceMax: whole(0, 1_000_000)
    .default(0)
    .describe(
      'Layer 4 and forward proxies: connections (UDP: sessions) at once from one source, per worker: an IPv4 address, or the /64 of an IPv6 one. 0 is no bound.',
    ),
  answersMax: whole(0, 1_000_000).default(0).describe('UDP: answers after which a session ends at once; 1 suits DNS. 0 is no bound.'),
  engine: choice(['user', 'kernel'])
    .default('user')
    .describe(
      'Layer 4: `kernel` lets Linux do the work by nftables rules: a tenth of the cost, no TLS names and no timeouts. Needs root or CAP_NET_ADMIN.',
    ),
  masquerade: choice(['auto', 'always', 'never'])
    .default('auto')
    .describe(
      "With engine `kernel`: whose address endpoints see. `never` the client's (replies must come back through this machine), `always` ours, `auto` the client's except where the reply would surely miss us.",
    ),
  onDown: choice(['keep', 'cut'])
    .optional()
    .describe(
      'With engine `kernel`: what happens to the connections of an endpoint that goes down. Default: `keep` for TCP, `cut` for UDP, whose clients then go to another endpoint.',
    ),
  ...forwardProxyFields,
  mergeSlashes: flag().default(false).describe('Joins `//` in paths into `/` before matching and forwarding.'),
  encodedSlashes: choice(['reject', 'keep'])
    .default('reject')
    .describe(
      'What to do with `%2F` and `%5C` in a path: answer 400, or keep them as they are. Services that decode them see other paths than the router matched.',
    ),
}).meta({
  id: 'Listener',
  title: 'Listener',
  description: 'An address that accepts connections: exactly one of `http`, `https`, `tcp`, `udp`, `forwardProxy` and `tls`.',
});

/** One listener. Which keys go together is checked in `checks/listeners.ts`; until then its address may be missing. */
export const listenerSchema = written.transform(({ http, https, tcp, udp, forwardProxy, tls, ...rest }) => {
  const passthrough = tls !== undefined && 'text' in tls ? tls : undefined;
  const options = tls !== undefined && !('text' in tls) ? tls : null;
  const isAlone = tcp === undefined && udp === undefined && forwardProxy === undefined;
  const kind =
    http !== undefined || https !== undefined ? 'http' : udp !== undefined ? 'datagram' : forwardProxy !== undefined ? 'forward' : 'stream';
  const address = http ?? https ?? tcp ?? udp ?? forwardProxy ?? passthrough ?? NOWHERE;
  return { kind, address, tls: options, readsServerName: isAlone && passthrough !== undefined, ...rest } as const;
});
