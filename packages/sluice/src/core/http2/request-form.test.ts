/** RFC 9113 §8.2, §8.3.1, §8.5 and RFC 8441 §4: which requests are malformed, which are answered, and how the others read as HTTP/1.1. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GET, WORKSPACE, block } from '../../../test/support/http2.ts';
import { readRequest } from '../../../test/support/http1.ts';
import { HpackDecoder } from './hpack/decoder.ts';
import { FORMED, MALFORMED, UNSERVED } from './request-form.ts';

type Fields = readonly (readonly [string, string])[];

function form(fields: Fields, isEnd = true, allowsProtocol = false): string {
  const { fields: decoded, requestForm, head } = WORKSPACE;
  decoded.reset({ sectionBytesMax: 100_000, fieldsMax: 200 });
  const bytes = block(fields);
  assert.ok(new HpackDecoder().decode(bytes, 0, bytes.length, decoded));
  const result = requestForm.write(decoded, isEnd, allowsProtocol, head);
  if (result === MALFORMED) return 'malformed';
  if (result === UNSERVED) return 'unserved';
  assert.equal(result, FORMED);
  const text = Buffer.from(head.bytes.subarray(0, head.length)).toString('latin1');
  const said = readRequest(text);
  assert.ok(said !== null && !('fault' in said), `the HTTP/1.1 parser refuses ${JSON.stringify(text)}`);
  return text.replaceAll('\r\n', '|');
}

/** GET with one pseudo-header changed, or (null) left out. */
function withPseudo(name: string, value: string | null): Fields {
  const rest = GET.filter(([known]) => known !== name);
  return value === null ? rest : [[name, value], ...rest];
}

const a = (...fields: Fields): Fields => [...GET, ...fields];

test('a request reads as HTTP/1.1', () => {
  assert.equal(form(a(['accept', '*/*'], ['x', ''])), 'GET / HTTP/1.1|host: a.example|accept: */*|x: ||');
  assert.equal(form(GET, false), 'GET / HTTP/1.1|host: a.example|transfer-encoding: chunked||');
  assert.equal(form(a(['content-length', '7']), false), 'GET / HTTP/1.1|host: a.example|content-length: 7||');
  assert.equal(form(a(['content-length', '0'])), 'GET / HTTP/1.1|host: a.example|content-length: 0||');
});

test('pseudo-headers: all that are required, each once, first, and no others (§8.3)', () => {
  for (const name of [':method', ':scheme', ':path']) assert.equal(form(withPseudo(name, null)), 'malformed', name);
  for (const [name, value] of GET) assert.equal(form([[name, value], ...GET]), 'malformed', `${name} twice`);
  for (const name of [':status', ':foo', ':', ':Path', ':protocol']) assert.equal(form([[name, 'x'], ...GET]), 'malformed', name);
  assert.equal(form([...GET.slice(0, 3), ['x', 'y'], GET[3]!]), 'malformed');
});

test('pseudo-headers: what they may hold (§8.3.1)', () => {
  for (const method of ['', 'GE T', 'GET\r\n', 'G:', 'GET\0']) assert.equal(form(withPseudo(':method', method)), 'malformed', method);
  for (const scheme of ['', '1a', 'h ttp', 'http:']) assert.equal(form(withPseudo(':scheme', scheme)), 'malformed', scheme);
  for (const path of ['', 'a', '*', 'http://a/', '/a b', '/\r\n', '/\0', '/\x7f', '/\xe4']) {
    assert.equal(form(withPseudo(':path', path)), 'malformed', JSON.stringify(path));
  }
  for (const authority of ['a b', 'a\r\nx: y', 'u@a', 'u:p@a', 'a\0'])
    assert.equal(form(withPseudo(':authority', authority)), 'malformed', authority);
  assert.equal(
    form([[':method', 'OPTIONS'], ...withPseudo(':path', '*').filter(([name]) => name !== ':method')]),
    'OPTIONS * HTTP/1.1|host: a.example||',
  );
});

test('other schemes, and requests for no host, are answered with 400', () => {
  assert.equal(form(withPseudo(':scheme', 'ftp')), 'unserved');
  assert.equal(form(withPseudo(':scheme', 'HTTP')), 'GET / HTTP/1.1|host: a.example||');
  assert.equal(form(withPseudo(':authority', null)), 'unserved');
  assert.equal(form(withPseudo(':authority', '')), 'unserved');
});

test(':authority and host agree, or one of them is there (§8.3.1)', () => {
  assert.equal(form(a(['host', 'A.example'])), 'GET / HTTP/1.1|host: a.example||');
  assert.equal(form(a(['x', '1'], ['host', 'a.example'], ['y', '2'])), 'GET / HTTP/1.1|host: a.example|x: 1|y: 2||');
  assert.equal(form([...withPseudo(':authority', null), ['host', 'b']]), 'GET / HTTP/1.1|host: b||');
  for (const host of ['b.example', '', 'a.example:443', 'a.exampl']) assert.equal(form(a(['host', host])), 'malformed', host);
  assert.equal(form(a(['host', 'a.example'], ['host', 'a.example'])), 'malformed');
  assert.equal(form([...withPseudo(':authority', null), ['host', 'u@b']]), 'malformed');
});

test('names are lower-case tokens (§8.2.1)', () => {
  for (const name of ['', 'X', 'aB', 'a b', 'a:', 'a\r\nb', 'a\0', 'ä', '(a)', ' a', 'a '])
    assert.equal(form(a([name, 'x'])), 'malformed', name);
  assert.equal(form(a(["!#$%&'*+-.^_`|~09az", 'x'])), "GET / HTTP/1.1|host: a.example|!#$%&'*+-.^_`|~09az: x||");
});

test('values hold no control characters, and no white space at their ends (§8.2.1)', () => {
  for (const value of ['a\rb', 'a\nb', 'a\r\nx: y', 'a\0b', ' a', 'a ', '\ta', 'a\t', '\x01', '\x7f']) {
    assert.equal(form(a(['x', value])), 'malformed', JSON.stringify(value));
  }
  assert.equal(form(a(['x', 'a \t\xe4\xff b'])), 'GET / HTTP/1.1|host: a.example|x: a \t\xe4\xff b||');
});

test('no connection-specific fields, and TE says trailers alone (§8.2.2)', () => {
  for (const name of ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])
    assert.equal(form(a([name, 'x'])), 'malformed', name);
  for (const value of ['gzip', 'trailers, gzip', '']) assert.equal(form(a(['te', value])), 'malformed', value);
  assert.equal(form(a(['te', 'trailers'])), 'GET / HTTP/1.1|host: a.example|te: trailers||');
});

test('content-length is one number, and none but 0 goes with END_STREAM (§8.1.1)', () => {
  for (const value of ['', '+1', '-1', '1.0', '0x1', '1 1', '1,1', '1'.repeat(16), 'a'])
    assert.equal(form(a(['content-length', value]), false), 'malformed', value);
  assert.equal(form(a(['content-length', '5'], ['content-length', '6']), false), 'malformed');
  assert.equal(
    form(a(['content-length', '5'], ['x', 'y'], ['content-length', '5']), false),
    'GET / HTTP/1.1|host: a.example|content-length: 5|x: y||',
  );
  assert.equal(form(a(['content-length', '5'])), 'malformed');
});

test('cookie crumbs are joined (§8.2.3)', () => {
  assert.equal(form(a(['cookie', 'a=1'], ['x', 'y'])), 'GET / HTTP/1.1|host: a.example|cookie: a=1|x: y||');
  assert.equal(
    form(a(['cookie', 'a=1'], ['x', 'y'], ['cookie', 'b=2'], ['cookie', 'c=3'], ['z', ''])),
    'GET / HTTP/1.1|host: a.example|x: y|z: |cookie: a=1; b=2; c=3||',
  );
});

test('CONNECT names its target in :authority alone (§8.5)', () => {
  const connect: Fields = [
    [':method', 'CONNECT'],
    [':authority', 'a:443'],
  ];
  assert.equal(form(connect, false), 'CONNECT a:443 HTTP/1.1|host: a:443||');
  assert.equal(form([...connect, [':scheme', 'https']]), 'malformed');
  assert.equal(form([...connect, [':path', '/']]), 'malformed');
  assert.equal(form([connect[0]!, ['host', 'a:443']]), 'malformed');
  assert.equal(form([...connect, ['content-length', '0']], false), 'malformed');
});

test('extended CONNECT reads as an upgrade, where it was announced (RFC 8441 §4)', () => {
  const connect: Fields = [[':method', 'CONNECT'], [':protocol', 'websocket'], ...GET.slice(1)];
  assert.equal(form(connect, false), 'malformed');
  assert.equal(form([...connect, ['x', 'y']], false, true), 'GET / HTTP/1.1|host: a.example|x: y|connection: upgrade|upgrade: websocket||');
  assert.equal(WORKSPACE.requestForm.protocol, 'websocket');
  assert.equal(
    form(
      connect.filter(([name]) => name !== ':path'),
      false,
      true,
    ),
    'malformed',
  );
  assert.equal(
    form(
      connect.filter(([name]) => name !== ':scheme'),
      false,
      true,
    ),
    'malformed',
  );
  assert.equal(form([...connect, ['content-length', '3']], false, true), 'malformed');
  for (const protocol of ['', 'a b', 'h2c, x', 'x\r\n'])
    assert.equal(form([[':method', 'CONNECT'], [':protocol', protocol], ...GET.slice(1)], false, true), 'malformed', protocol);
  assert.equal(form([[':protocol', 'websocket'], ...GET], true, true), 'malformed');
});
