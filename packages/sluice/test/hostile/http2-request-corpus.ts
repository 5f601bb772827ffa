/**
 * HTTP/2 requests that would be another request, or two, once they are written as HTTP/1.1 (downgrade smuggling). `reset`: RST_STREAM with PROTOCOL_ERROR; a number: that
 * status; `passed`: a sound request reaches the origin.
 */
import { data, headers } from '../support/http2.ts';

export type Fields = readonly (readonly [name: string, value: string])[];

export interface HostileHttp2Request {
  readonly attack: string;
  readonly name: string;
  /** For stream 1. */
  readonly frames: readonly Buffer[];
  readonly outcome: 'reset' | 'passed' | number;
}

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';
const PSEUDO: Readonly<Record<string, string>> = { ':method': 'GET', ':scheme': 'http', ':authority': 'a', ':path': '/reached' };

/** A GET whose pseudo-headers are these in place of the usual; undefined leaves one out. */
function pseudo(changes: Readonly<Record<string, string | undefined>>, ...more: Fields): Buffer[] {
  const all = Object.entries({ ...PSEUDO, ...changes }).filter((each): each is [string, string] => each[1] !== undefined);
  return [headers(1, [...all, ...more])];
}

function get(...more: Fields): Buffer[] {
  return pseudo({}, ...more);
}

/** A POST with these fields and this content. */
function post(more: Fields, ...content: readonly string[]): Buffer[] {
  const head = headers(1, [...Object.entries({ ...PSEUDO, ':method': 'POST' }), ...more], content.length === 0);
  return [head, ...content.map((text, index) => data(1, text, index === content.length - 1))];
}

/** A POST with content and these trailers. */
function trailers(...fields: Fields): Buffer[] {
  return [headers(1, Object.entries({ ...PSEUDO, ':method': 'POST' }), false), data(1, 'hello'), headers(1, fields)];
}

function rows(
  attack: string,
  outcome: HostileHttp2Request['outcome'],
  entries: Readonly<Record<string, readonly Buffer[]>>,
): HostileHttp2Request[] {
  return Object.entries(entries).map(([name, frames]) => ({ attack, name, frames, outcome }));
}

/** The same value in each place. */
function each(values: Readonly<Record<string, string>>, make: (value: string) => Buffer[]): Record<string, Buffer[]> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, make(value)]));
}

const CONTROLS: Readonly<Record<string, string>> = {
  'a request behind CR LF': `x HTTP/1.1\r\nHost: a\r\n\r\n${SMUGGLED}`,
  'CR LF and a field': 'x\r\nx-smuggled: 1',
  LF: 'x\nx-smuggled: 1',
  CR: 'x\rx-smuggled: 1',
  NUL: 'x\0y',
  DEL: 'x\x7fy',
  'vertical tab': 'x\x0by',
};

const inPseudo = [':method', ':scheme', ':authority', ':path'].flatMap((name) =>
  rows(
    `control characters in ${name}`,
    'reset',
    each(CONTROLS, (value) => pseudo({ [name]: name === ':path' ? `/${value}` : value })),
  ),
);

const path = [
  ...rows('path', 'reset', {
    empty: pseudo({ ':path': '' }),
    'without a slash': pseudo({ ':path': 'reached' }),
    'absolute form': pseudo({ ':path': 'http://evil/smuggled' }),
    'absolute form of another scheme': pseudo({ ':path': 'https://evil/smuggled' }),
    asterisk: pseudo({ ':path': '*' }),
    space: pseudo({ ':path': '/a b' }),
    'a version': pseudo({ ':path': '/ HTTP/1.1' }),
    tab: pseudo({ ':path': '/a\tb' }),
    'obs-text': pseudo({ ':path': '/a\x80' }),
    'two of them': [headers(1, [...Object.entries(PSEUDO), [':path', '/smuggled']])],
    none: pseudo({ ':path': undefined }),
  }),
  ...rows('path', 400, {
    fragment: pseudo({ ':path': '/a#b' }),
    'encoded slash': pseudo({ ':path': '/a%2fb' }),
    'encoded NUL': pseudo({ ':path': '/a%00b' }),
    'encoded backslash': pseudo({ ':path': '/a%5cb' }),
    'above the root': pseudo({ ':path': '/../smuggled' }),
    'half an escape': pseudo({ ':path': '/a%2' }),
  }),
];

const method = rows('method', 'reset', {
  empty: pseudo({ ':method': '' }),
  none: pseudo({ ':method': undefined }),
  space: pseudo({ ':method': 'GET /smuggled' }),
  colon: pseudo({ ':method': 'GET:' }),
  'two of them': [headers(1, [[':method', 'POST'], ...Object.entries(PSEUDO)])],
  'CONNECT with a path': pseudo({ ':method': 'CONNECT' }),
  'CONNECT with content-length': [
    headers(1, [
      [':method', 'CONNECT'],
      [':authority', 'a:80'],
      ['content-length', '0'],
    ]),
  ],
  'CONNECT without a target': [headers(1, [[':method', 'CONNECT']])],
});

const authority = [
  ...rows('authority', 'reset', {
    'user information': pseudo({ ':authority': 'user@a' }),
    'another Host': get(['host', 'b']),
    'two Hosts': pseudo({ ':authority': undefined }, ['host', 'a'], ['host', 'a']),
    'a Host with control characters': pseudo({ ':authority': undefined }, ['host', `a\r\n\r\n${SMUGGLED}`]),
    'two of them': [headers(1, [...Object.entries(PSEUDO), [':authority', 'a']])],
    space: pseudo({ ':authority': 'a b' }),
    'obs-text': pseudo({ ':authority': 'a\xff' }),
  }),
  ...rows('authority', 400, {
    'none, and no Host': pseudo({ ':authority': undefined }),
    empty: pseudo({ ':authority': '' }),
    'a path': pseudo({ ':authority': 'a/smuggled' }),
    'a list': pseudo({ ':authority': 'a,b' }),
    'an open bracket': pseudo({ ':authority': '[::1' }),
    'a port that is none': pseudo({ ':authority': 'a:8x' }),
    'a fragment': pseudo({ ':authority': 'a#b' }),
    'a query': pseudo({ ':authority': 'a?b' }),
  }),
  ...rows('authority', 'passed', {
    'Host in its place': pseudo({ ':authority': undefined }, ['host', 'a']),
    'Host says the same': get(['host', 'A']),
  }),
];

const scheme = [
  ...rows('scheme', 'reset', {
    empty: pseudo({ ':scheme': '' }),
    none: pseudo({ ':scheme': undefined }),
    'with an authority': pseudo({ ':scheme': 'http://evil/' }),
    'two of them': [headers(1, [...Object.entries(PSEUDO), [':scheme', 'https']])],
  }),
  ...rows('scheme', 400, { ftp: pseudo({ ':scheme': 'ftp' }) }),
];

const order = rows('pseudo-headers', 'reset', {
  'behind a field': [
    headers(1, [
      [':method', 'GET'],
      [':scheme', 'http'],
      [':authority', 'a'],
      ['x', 'y'],
      [':path', '/reached'],
    ]),
  ],
  'one of a reply': get([':status', '200']),
  'one that is not known': [headers(1, [...Object.entries(PSEUDO), [':smuggled', '1']])],
  'in upper case': [headers(1, [[':Method', 'GET'], ...Object.entries(PSEUDO).slice(1)])],
  'a colon alone': [headers(1, [...Object.entries(PSEUDO), [':', '1']])],
  ':protocol without CONNECT': [headers(1, [...Object.entries(PSEUDO), [':protocol', 'websocket']])],
});

const names = rows('field names', 'reset', {
  ...each(CONTROLS, (value) => get([value, '1'])),
  empty: get(['', '1']),
  'upper case': get(['Transfer-Encoding', 'chunked']),
  'one upper-case letter': get(['x-smuggleD', '1']),
  'a space at the end': get(['transfer-encoding ', 'chunked']),
  'a space in front': get([' transfer-encoding', 'chunked']),
  'a tab': get(['transfer-encoding\t', 'chunked']),
  'a colon': get(['x: y', '1']),
  'a colon at the end': get(['content-length:', '5']),
  'obs-text': get(['x\x80', '1']),
  'a bracket': get(['x(y)', '1']),
});

const values = rows('field values', 'reset', {
  ...each(CONTROLS, (value) => get(['x', value])),
  ...Object.fromEntries(Object.entries(CONTROLS).map(([name, value]) => [`cookie: ${name}`, get(['cookie', 'a=b'], ['cookie', value])])),
  'a space in front': get(['x', ' y']),
  'a space at the end': get(['x', 'y ']),
  'a tab at the end': get(['x', 'y\t']),
});

const connection = rows('connection-specific fields', 'reset', {
  'transfer-encoding: chunked': post([['transfer-encoding', 'chunked']], `0\r\n\r\n${SMUGGLED}`),
  'transfer-encoding: identity': post([['transfer-encoding', 'identity']], 'hello'),
  'transfer-encoding, empty': post([['transfer-encoding', '']], 'hello'),
  'transfer-encoding and content-length': post(
    [
      ['transfer-encoding', 'chunked'],
      ['content-length', '5'],
    ],
    'hello',
  ),
  'connection: close': get(['connection', 'close']),
  'connection names a field': get(['connection', 'x-forwarded-for']),
  'connection, empty': get(['connection', '']),
  'keep-alive': get(['keep-alive', 'timeout=5']),
  'proxy-connection': get(['proxy-connection', 'keep-alive']),
  upgrade: get(['upgrade', 'websocket']),
  'upgrade: h2c': get(['upgrade', 'h2c']),
  'te: chunked': get(['te', 'chunked']),
  'te: trailers, chunked': get(['te', 'trailers, chunked']),
  'te: gzip': get(['te', 'gzip']),
});

const length = rows('content-length', 'reset', {
  'more than it says': post([['content-length', '5']], `hello${SMUGGLED}`),
  'more in a second frame': post([['content-length', '5']], 'hello', SMUGGLED),
  'less than it says': post([['content-length', '50']], 'hello'),
  'content, and none at all': post([['content-length', '5']]),
  'content where it says 0': post([['content-length', '0']], SMUGGLED),
  'two that differ': post(
    [
      ['content-length', '5'],
      ['content-length', '6'],
    ],
    'hello',
  ),
  'a list': post([['content-length', '5, 5']], 'hello'),
  'a sign': post([['content-length', '+5']], 'hello'),
  negative: post([['content-length', '-5']], 'hello'),
  hexadecimal: post([['content-length', '0x5']], 'hello'),
  empty: post([['content-length', '']], 'hello'),
  'too large': post([['content-length', '99999999999999999999']], 'hello'),
  'not a number': post([['content-length', 'five']], 'hello'),
  'a fraction': post([['content-length', '5.0']], 'hello'),
});

const trailer = rows('trailers', 'reset', {
  'a pseudo-header': trailers([':path', '/smuggled']),
  'content-length': trailers(['content-length', '5']),
  'transfer-encoding': trailers(['transfer-encoding', 'chunked']),
  host: trailers(['host', 'b']),
  connection: trailers(['connection', 'close']),
  'upper case': trailers(['X', 'y']),
  'CR LF in a value': trailers(['x', `y\r\n\r\n${SMUGGLED}`]),
  'CR LF in a name': trailers([`x\r\n\r\n${SMUGGLED}`, 'y']),
  NUL: trailers(['x', 'a\0b']),
  'that are no end': [
    headers(1, Object.entries({ ...PSEUDO, ':method': 'POST' }), false),
    headers(1, [['x', 'y']], false),
    data(1, SMUGGLED, true),
  ],
  'behind which content comes': [...trailers(['x', 'y']).slice(0, 2), headers(1, [[':status', '200']])],
});

const expect = rows('expect', 417, {
  'not exactly 100-continue': post([['expect', 'y 100-continue']], 'hello'),
  twice: post([['expect', '100-continue, 100-continue']], 'hello'),
});

const sound = rows('sound requests', 'passed', {
  'without content': get(),
  'with content of unknown length': post([], 'hello', SMUGGLED),
  'with content-length': post([['content-length', '5']], 'he', 'llo'),
  'content-length twice the same': post(
    [
      ['content-length', '5'],
      ['content-length', '5'],
    ],
    'hello',
  ),
  'content that looks like chunks': post([], `0\r\n\r\n${SMUGGLED}`),
  'cookie crumbs': get(['cookie', 'a=b'], ['cookie', 'c=d']),
  'te: trailers': get(['te', 'trailers']),
  trailers: trailers(['x', 'y']),
  'an empty last frame': post([['content-length', '5']], 'hello', ''),
  'names that only look like others': get(['transfer_encoding', 'chunked'], ['content_length', '5']),
});

/** Every row, in groups. */
export const hostileHttp2Requests: readonly HostileHttp2Request[] = [
  ...inPseudo,
  ...path,
  ...method,
  ...authority,
  ...scheme,
  ...order,
  ...names,
  ...values,
  ...connection,
  ...length,
  ...trailer,
  ...expect,
  ...sound,
];
