/**
 * Requests that must be refused: each is answered with the given status, the connection is closed, and nothing of it reaches the origin.
 * Grouped by the class of attack. Where a proxy is known to have been hit, the row says so.
 */
export interface HostileRequest {
  readonly attack: string;
  readonly name: string;
  /** latin1. */
  readonly bytes: string;
  readonly status: number;
}

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';

function get(...lines: readonly string[]): string {
  return `GET /reached HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}

function post(lines: readonly string[], body: string): string {
  return `POST /reached HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
}

function chunked(body: string): string {
  return post(['Transfer-Encoding: chunked'], body);
}

function rows(attack: string, status: number, entries: Readonly<Record<string, string>>): HostileRequest[] {
  return Object.entries(entries).map(([name, bytes]) => ({ attack, name, bytes, status }));
}

const chunkedSmuggle = `0\r\n\r\n${SMUGGLED}`;

const lengthAndCoding = [
  ...rows('CL/TE smuggling', 400, {
    'Content-Length before Transfer-Encoding': post(['Content-Length: 5', 'Transfer-Encoding: chunked'], chunkedSmuggle),
    'Transfer-Encoding before Content-Length': post(['Transfer-Encoding: chunked', 'Content-Length: 5'], chunkedSmuggle),
    'Content-Length: 0 with chunked': post(['Content-Length: 0', 'Transfer-Encoding: chunked'], chunkedSmuggle),
    'chunked in HTTP/1.0 (CVE-2026-2835)': `POST /reached HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunkedSmuggle}`,
    'chunked in HTTP/1.0 with keep-alive': `POST /reached HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n${chunkedSmuggle}`,
    'repeated Transfer-Encoding: chunked': post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], chunkedSmuggle),
    'chunked, chunked': post(['Transfer-Encoding: chunked, chunked'], chunkedSmuggle),
    'quoted "chunked"': post(['Transfer-Encoding: "chunked"'], chunkedSmuggle),
    'empty Transfer-Encoding': post(['Transfer-Encoding:'], chunkedSmuggle),
    'empty Transfer-Encoding with Content-Length': post(['Transfer-Encoding:', 'Content-Length: 5'], chunkedSmuggle),
    'chunked with a leading comma': post(['Transfer-Encoding: ,chunked'], chunkedSmuggle),
    'chunked with a trailing comma': post(['Transfer-Encoding: chunked,'], chunkedSmuggle),
    'vertical tab before chunked': post(['Transfer-Encoding: \x0bchunked'], chunkedSmuggle),
    'form feed after chunked': post(['Transfer-Encoding: chunked\x0c'], chunkedSmuggle),
    'NUL after chunked': post(['Transfer-Encoding: chunked\0'], chunkedSmuggle),
    'space before the colon of Transfer-Encoding': post(['Transfer-Encoding : chunked', 'Content-Length: 5'], chunkedSmuggle),
    'tab before the colon of Transfer-Encoding': post(['Transfer-Encoding\t: chunked'], chunkedSmuggle),
    'NUL in the name Transfer-Encoding': post(['Transfer-Enc\0oding: chunked'], chunkedSmuggle),
    'Transfer-Encoding folded to the next line': post(['Transfer-Encoding:', ' chunked'], chunkedSmuggle),
    'Transfer-Encoding after a bare CR': post(['A: b\rTransfer-Encoding: chunked'], chunkedSmuggle),
    'Transfer-Encoding after a bare LF': post(['A: b\nTransfer-Encoding: chunked'], chunkedSmuggle),
    'Transfer-Encoding value with a parameter': post(['Transfer-Encoding: chunked;q=1'], chunkedSmuggle),
    'non-breaking space before chunked': post(['Transfer-Encoding: \xa0chunked'], chunkedSmuggle),
  }),
  ...rows('CL/TE smuggling', 501, {
    'unknown coding xchunked': post(['Transfer-Encoding: xchunked'], chunkedSmuggle),
    'chunked, identity': post(['Transfer-Encoding: chunked, identity'], chunkedSmuggle),
    identity: post(['Transfer-Encoding: identity'], chunkedSmuggle),
    'gzip, chunked': post(['Transfer-Encoding: gzip, chunked'], chunkedSmuggle),
    'unknown coding with Content-Length': post(['Transfer-Encoding: cow', 'Content-Length: 5'], chunkedSmuggle),
  }),
];

const contentLength = rows('Content-Length smuggling', 400, {
  'two that differ': post(['Content-Length: 5', 'Content-Length: 6'], `hello${SMUGGLED}`),
  'two that agree': post(['Content-Length: 5', 'Content-Length: 5'], `hello${SMUGGLED}`),
  'list that agrees': post(['Content-Length: 5, 5'], `hello${SMUGGLED}`),
  'list without space': post(['Content-Length: 5,5'], `hello${SMUGGLED}`),
  'list that differs': post(['Content-Length: 5, 6'], `hello${SMUGGLED}`),
  'plus sign': post(['Content-Length: +5'], `hello${SMUGGLED}`),
  'minus sign': post(['Content-Length: -5'], `hello${SMUGGLED}`),
  hexadecimal: post(['Content-Length: 0x5'], `hello${SMUGGLED}`),
  empty: post(['Content-Length:'], SMUGGLED),
  'empty, then a real one (CVE-2023-40225)': post(['Content-Length:', 'Content-Length: 5'], `hello${SMUGGLED}`),
  'a real one, then empty': post(['Content-Length: 5', 'Content-Length:'], `hello${SMUGGLED}`),
  'space inside': post(['Content-Length: 1 5'], `hello${SMUGGLED}`),
  underscore: post(['Content-Length: 5_0'], `hello${SMUGGLED}`),
  decimal: post(['Content-Length: 5.0'], `hello${SMUGGLED}`),
  exponent: post(['Content-Length: 5e0'], `hello${SMUGGLED}`),
  'vertical tab before it': post(['Content-Length: \x0b5'], `hello${SMUGGLED}`),
  'beyond 2^64': post(['Content-Length: 18446744073709551621'], `hello${SMUGGLED}`),
  'beyond 2^53': post(['Content-Length: 9007199254740993'], `hello${SMUGGLED}`),
  'space before the colon': post(['Content-Length : 5'], `hello${SMUGGLED}`),
  'Arabic digits in UTF-8': post(['Content-Length: \xd9\xa5'], `hello${SMUGGLED}`),
  folded: post(['Content-Length:', ' 5'], `hello${SMUGGLED}`),
});

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

const chunks = [
  ...rows('chunk parsing', 400, {
    'plus sign': chunked(`+5\r\nhello\r\n${chunkedSmuggle}`),
    'minus sign': chunked(`-5\r\nhello\r\n${chunkedSmuggle}`),
    'hexadecimal prefix': chunked(`0x5\r\nhello\r\n${chunkedSmuggle}`),
    'leading space': chunked(` 5\r\nhello\r\n${chunkedSmuggle}`),
    'trailing space': chunked(`5 \r\nhello\r\n${chunkedSmuggle}`),
    'trailing tab': chunked(`5\t\r\nhello\r\n${chunkedSmuggle}`),
    'empty size': chunked(`\r\nhello\r\n${chunkedSmuggle}`),
    'extension without a size': chunked(`;a=b\r\nhello\r\n${chunkedSmuggle}`),
    'not hexadecimal': chunked(`g\r\nhello\r\n${chunkedSmuggle}`),
    underscore: chunked(`5_0\r\nhello\r\n${chunkedSmuggle}`),
    '2^64 + 5 (overflow)': chunked(`10000000000000005\r\nhello\r\n${chunkedSmuggle}`),
    '2^32 + 5 with zeros beyond any bound': chunked(`${'0'.repeat(64)}5\r\nhello\r\n${chunkedSmuggle}`),
    'all ones': chunked(`ffffffffffffffff\r\nhello\r\n${chunkedSmuggle}`),
    'bare LF after the size (CVE-2025-22871)': chunked(`5\nhello\r\n${chunkedSmuggle}`),
    'bare CR after the size': chunked(`5\rhello\r\n${chunkedSmuggle}`),
    'CR CR LF after the size': chunked(`5\r\r\nhello\r\n${chunkedSmuggle}`),
    'no CRLF after the data': chunked(`5\r\nhello${chunkedSmuggle}`),
    'LF after the data': chunked(`5\r\nhello\n${chunkedSmuggle}`),
    'other bytes in place of CRLF (CVE-2025-43859)': chunked(`5\r\nhelloXX${chunkedSmuggle}`),
    'data longer than its size': chunked(`5\r\nhello!\r\n${chunkedSmuggle}`),
    'bare LF in an extension (TERM.EXT)': chunked(`5;a\nhello\r\n${chunkedSmuggle}`),
    'bare CR in an extension': chunked(`5;a\rb\r\nhello\r\n${chunkedSmuggle}`),
    'NUL in an extension': chunked(`5;\0\r\nhello\r\n${chunkedSmuggle}`),
    'LF in a quoted extension (CVE-2025-55315)': chunked(`5;a="\n"\r\nhello\r\n${chunkedSmuggle}`),
    'extension without a name': chunked(`5;\r\nhello\r\n${chunkedSmuggle}`),
    'bare LF after the last size': chunked(`0\n\r\n${SMUGGLED}`),
    'bare LF closes the trailers': chunked(`0\r\n\n${SMUGGLED}`),
    'space before a trailer colon': chunked(`0\r\nA : b\r\n\r\n${SMUGGLED}`),
    'folded trailer': chunked(`0\r\nA: b\r\n c\r\n\r\n${SMUGGLED}`),
    'NUL in a trailer': chunked(`0\r\nA: \0\r\n\r\n${SMUGGLED}`),
    'Content-Length as a trailer': chunked(`0\r\nContent-Length: 5\r\n\r\n${SMUGGLED}`),
    'Transfer-Encoding as a trailer': chunked(`0\r\nTransfer-Encoding: chunked\r\n\r\n${SMUGGLED}`),
  }),
  ...rows('chunk limits', 431, {
    'extension over 4 KiB': chunked(`5;${'a'.repeat(5000)}\r\nhello\r\n0\r\n\r\n`),
    'many small extensions': chunked(`${`1;${'a'.repeat(63)}\r\nx\r\n`.repeat(80)}0\r\n\r\n`),
    'trailers over 8 KiB': chunked(`0\r\nA: ${'b'.repeat(9000)}\r\n\r\n`),
    'trailers over the count': chunked(`0\r\n${'A: b\r\n'.repeat(101)}\r\n`),
  }),
];

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
    'HTTP/2 connection preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
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
  ...lengthAndCoding,
  ...contentLength,
  ...lineEndings,
  ...fieldNames,
  ...hosts,
  ...chunks,
  ...requestLines,
  ...headLimits,
  ...expectations,
  ...paths,
  ...upgrades,
];
