/**
 * Requests that must be refused: each is answered with the given status, the connection is closed, and nothing of it reaches the origin.
 * Grouped by the class of attack. Where a proxy is known to have been hit, the row says so.
 */
import { framingRequests } from './framing-requests.ts';
import { SMUGGLED, chunkedSmuggle, get, post, rows, type HostileRequest } from './hostile-request.ts';

const lineEndings = rows('line endings', 400, {
  'bare LF after the request line': `GET /reached HTTP/1.1\nHost: a\r\n\r\n`,
  'bare LF after a field': `GET /reached HTTP/1.1\r\nHost: a\nA: b\r\n\r\n`,
  'bare LF everywhere': `GET /reached HTTP/1.1\nHost: a\n\n`,
  'bare LF closes the head': `GET /reached HTTP/1.1\r\nHost: a\r\n\n`,
  'bare CR after the request line': `GET /reached HTTP/1.1\rHost: a\r\n\r\n`,
  'bare CR in a value': get('A: b\rc'),
  'bare CR before CRLF': get('A: b\r'),
  'bare CR in a name': get('A\rB: c'),
  'CR CR LF closes the head': `GET /reached HTTP/1.1\r\nHost: a\r\n\r\r\n`,
  'NUL in a value': get('A: b\0c'),
  'NUL in a name': get('A\0: b'),
  'NUL in the target': `GET /rea\0ched HTTP/1.1\r\nHost: a\r\n\r\n`,
  'NUL in the method': `G\0ET /reached HTTP/1.1\r\nHost: a\r\n\r\n`,
  'DEL in a value': get('A: b\x7f'),
  'control character in a value': get('A: b\x01'),
  'escape in a value': get('A: \x1b[31m'),
});

const fieldNames = rows('field syntax', 400, {
  'space before the colon': get('A : b'),
  'tab before the colon': get('A\t: b'),
  'space in a name': get('A B: c'),
  'empty name (CVE-2023-25725)': get(': b'),
  'no colon': get('A'),
  'line of a single space': get(' '),
  'obs-fold with a space': get('A: b', ' c'),
  'obs-fold with a tab': get('A: b', '\tc'),
  'obs-fold of Host': 'GET /reached HTTP/1.1\r\nHost:\r\n a\r\n\r\n',
  'white space before the first field': 'GET /reached HTTP/1.1\r\n Host: a\r\n\r\n',
  'high byte in a name': get('A\x80: b'),
  'parenthesis in a name': get('A(b): c'),
  'slash in a name': get('A/b: c'),
  'at in a name': get('A@b: c'),
  'bracket in a name': get('A[0]: c'),
  'quote in a name': get('"A": c'),
});

const hosts = rows('Host', 400, {
  missing: 'GET /reached HTTP/1.1\r\n\r\n',
  repeated: 'GET /reached HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n',
  'repeated, differing': 'GET /reached HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'repeated, other case': 'GET /reached HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n',
  empty: 'GET /reached HTTP/1.1\r\nHost:\r\n\r\n',
  userinfo: 'GET /reached HTTP/1.1\r\nHost: user@a\r\n\r\n',
  'userinfo with password': 'GET /reached HTTP/1.1\r\nHost: user:pass@a\r\n\r\n',
  'port with letters': 'GET /reached HTTP/1.1\r\nHost: a:8o\r\n\r\n',
  'port with a sign': 'GET /reached HTTP/1.1\r\nHost: a:+80\r\n\r\n',
  'port beyond 65535': 'GET /reached HTTP/1.1\r\nHost: a:65536\r\n\r\n',
  'two ports': 'GET /reached HTTP/1.1\r\nHost: a:80:80\r\n\r\n',
  'space inside': 'GET /reached HTTP/1.1\r\nHost: a b\r\n\r\n',
  'tab inside': 'GET /reached HTTP/1.1\r\nHost: a\tb\r\n\r\n',
  comma: 'GET /reached HTTP/1.1\r\nHost: a,b\r\n\r\n',
  'comma and space': 'GET /reached HTTP/1.1\r\nHost: a, b\r\n\r\n',
  slash: 'GET /reached HTTP/1.1\r\nHost: a/b\r\n\r\n',
  'whole URL': 'GET /reached HTTP/1.1\r\nHost: http://a/\r\n\r\n',
  'question mark': 'GET /reached HTTP/1.1\r\nHost: a?b\r\n\r\n',
  fragment: 'GET /reached HTTP/1.1\r\nHost: a#b\r\n\r\n',
  backslash: 'GET /reached HTTP/1.1\r\nHost: a\\b\r\n\r\n',
  quote: 'GET /reached HTTP/1.1\r\nHost: a"b\r\n\r\n',
  'angle brackets': 'GET /reached HTTP/1.1\r\nHost: <script>\r\n\r\n',
  'percent-encoding': 'GET /reached HTTP/1.1\r\nHost: a%2eb\r\n\r\n',
  'high byte': 'GET /reached HTTP/1.1\r\nHost: a\xe9\r\n\r\n',
  'open bracket': 'GET /reached HTTP/1.1\r\nHost: [::1\r\n\r\n',
  'not an IPv6 address': 'GET /reached HTTP/1.1\r\nHost: [::g]\r\n\r\n',
  'empty label': 'GET /reached HTTP/1.1\r\nHost: a..b\r\n\r\n',
  'invalid beside an absolute target': 'GET http://a/reached HTTP/1.1\r\nHost: a b\r\n\r\n',
  'missing beside an absolute target': 'GET http://a/reached HTTP/1.1\r\n\r\n',
  'invalid in HTTP/1.0': 'GET /reached HTTP/1.0\r\nHost: a b\r\n\r\n',
});

const requestLines = [
  ...rows('request line', 400, {
    'invalid method characters': 'G(ET /reached HTTP/1.1\r\nHost: a\r\n\r\n',
    'no method': ' /reached HTTP/1.1\r\nHost: a\r\n\r\n',
    'no target': 'GET HTTP/1.1\r\nHost: a\r\n\r\n',
    'two spaces before the target': 'GET  /reached HTTP/1.1\r\nHost: a\r\n\r\n',
    'two spaces before the version': 'GET /reached  HTTP/1.1\r\nHost: a\r\n\r\n',
    'tab in place of a space': 'GET\t/reached\tHTTP/1.1\r\nHost: a\r\n\r\n',
    'space after the version': 'GET /reached HTTP/1.1 \r\nHost: a\r\n\r\n',
    'space in the target': 'GET /rea ched HTTP/1.1\r\nHost: a\r\n\r\n',
    'HTTP/0.9': 'GET /reached\r\n\r\n',
    'lower-case protocol': 'GET /reached http/1.1\r\nHost: a\r\n\r\n',
    'other protocol': 'GET /reached HTTPS/1.1\r\nHost: a\r\n\r\n',
    'two-digit version': 'GET /reached HTTP/1.10\r\nHost: a\r\n\r\n',
    'leading zero in the version': 'GET /reached HTTP/01.1\r\nHost: a\r\n\r\n',
    'sign in the version': 'GET /reached HTTP/+1.1\r\nHost: a\r\n\r\n',
    'high byte in the target': 'GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n',
    'control character in the target': 'GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n',
    'fragment in the target': 'GET /reached#x HTTP/1.1\r\nHost: a\r\n\r\n',
    'relative target': 'GET reached HTTP/1.1\r\nHost: a\r\n\r\n',
    'asterisk without OPTIONS': 'GET * HTTP/1.1\r\nHost: a\r\n\r\n',
    'authority without CONNECT': 'GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n',
    'absolute target with userinfo': 'GET http://user@a/reached HTTP/1.1\r\nHost: a\r\n\r\n',
    'absolute target without a host': 'GET http:///reached HTTP/1.1\r\nHost: a\r\n\r\n',
    'absolute target of another scheme': 'GET ftp://a/reached HTTP/1.1\r\nHost: a\r\n\r\n',
    'absolute target with a bad port': 'GET http://a:b/reached HTTP/1.1\r\nHost: a\r\n\r\n',
    'PROXY protocol header where none is configured': 'PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET /reached HTTP/1.1\r\nHost: a\r\n\r\n',
    'PROXY protocol v2 where none is configured': '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x01\x02\x03\x04\x05\x06\x07\x08\0\x01\0\x02',
    'TLS ClientHello on a plain port': '\x16\x03\x01\0\x05\x01\0\0\x01\0',
  }),
  ...rows('request line', 505, {
    'HTTP/2.0': 'GET /reached HTTP/2.0\r\nHost: a\r\n\r\n',
    'HTTP/1.2': 'GET /reached HTTP/1.2\r\nHost: a\r\n\r\n',
    'HTTP/0.9 with a version': 'GET /reached HTTP/0.9\r\nHost: a\r\n\r\n',
  }),
];

const headLimits = [
  ...rows('header limits', 414, {
    'request line over 8 KiB': `GET /${'a'.repeat(8200)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    'request line without an end': `GET /${'a'.repeat(70_000)}`,
    'method without an end': 'A'.repeat(9000),
  }),
  ...rows('header limits', 431, {
    'one field over 32 KiB': get(`A: ${'b'.repeat(33_000)}`),
    'fields over 32 KiB together': get(...Array.from({ length: 40 }, (_, index) => `A${index}: ${'b'.repeat(1000)}`)),
    'more than 100 fields': get(...Array.from({ length: 100 }, (_, index) => `A${index}: b`)),
    'a field without an end': `GET /reached HTTP/1.1\r\nHost: a\r\nA: ${'b'.repeat(100_000)}`,
    'a name without an end': `GET /reached HTTP/1.1\r\nHost: a\r\n${'A'.repeat(100_000)}`,
  }),
];

const expectations = rows('Expect desync (0.CL)', 417, {
  'y 100-continue': post(['Expect: y 100-continue', 'Content-Length: 5'], 'hello'),
  '100-continue with a parameter': post(['Expect: 100-continue;a=b', 'Content-Length: 5'], 'hello'),
  '100-continue, x': post(['Expect: 100-continue, x', 'Content-Length: 5'], 'hello'),
  '200-ok': post(['Expect: 200-ok', 'Content-Length: 5'], 'hello'),
  empty: post(['Expect:', 'Content-Length: 5'], 'hello'),
  quoted: post(['Expect: "100-continue"', 'Content-Length: 5'], 'hello'),
  'on GET': get('Expect: x'),
});

const paths = rows('path normalisation bypass', 400, {
  'above the root': 'GET /../reached HTTP/1.1\r\nHost: a\r\n\r\n',
  'above the root, encoded': 'GET /%2e%2e/reached HTTP/1.1\r\nHost: a\r\n\r\n',
  'above the root, half encoded': 'GET /.%2E/reached HTTP/1.1\r\nHost: a\r\n\r\n',
  'encoded slash': 'GET /a%2freached HTTP/1.1\r\nHost: a\r\n\r\n',
  'encoded slash, upper case': 'GET /a%2Freached HTTP/1.1\r\nHost: a\r\n\r\n',
  'encoded backslash': 'GET /a%5creached HTTP/1.1\r\nHost: a\r\n\r\n',
  backslash: 'GET /a\\reached HTTP/1.1\r\nHost: a\r\n\r\n',
  'encoded NUL': 'GET /reached%00 HTTP/1.1\r\nHost: a\r\n\r\n',
  'broken escape': 'GET /reached%2 HTTP/1.1\r\nHost: a\r\n\r\n',
  'escape that is not hexadecimal': 'GET /reached%zz HTTP/1.1\r\nHost: a\r\n\r\n',
  'path parameter on a dot segment (CVE-2026-73553)': 'GET /a/..;x=y/reached HTTP/1.1\r\nHost: a\r\n\r\n',
  'absolute target above the root': 'GET http://a/../reached HTTP/1.1\r\nHost: a\r\n\r\n',
});

const upgrades = rows('upgrade smuggling', 400, {
  'body with Content-Length on a WebSocket upgrade': post(
    [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      'Content-Length: 5',
    ],
    `hello${SMUGGLED}`,
  ),
  'chunked body on an upgrade': post(['Connection: Upgrade', 'Upgrade: websocket', 'Transfer-Encoding: chunked'], chunkedSmuggle),
});

/** Every request that must be refused. */
export const hostileRequests: readonly HostileRequest[] = [
  ...framingRequests,
  ...lineEndings,
  ...fieldNames,
  ...hosts,
  ...requestLines,
  ...headLimits,
  ...expectations,
  ...paths,
  ...upgrades,
];
