import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RequestParser } from '../../core/http1/request-parser.ts';
import type { ForwardingPlan } from '../../config/plan.ts';
import { ForwardingRules, PeerIdentity } from './forwarding.ts';

const limits = { requestLineBytesMax: 8_192, headerBytesMax: 32_768, headersMax: 100 };

interface Asked {
  readonly peer?: string;
  readonly trusted?: readonly string[];
  readonly headers?: ForwardingPlan['headers'];
  readonly host?: string;
}

/** What is said about a request with these field lines, and whose it is taken to be. */
function said(lines: readonly string[], asked: Asked = {}): { readonly client: string; readonly lines: readonly string[] } {
  const { peer = '10.0.0.1', trusted = ['10.0.0.0/8', '::1', 'fd00::/8'], headers = 'x-forwarded', host = 'a.example' } = asked;
  const parser = new RequestParser(limits);
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1');
  assert.equal(parser.parse(bytes, 0, bytes.length), bytes.length);
  const rules = new ForwardingRules({ trustedProxies: trusted, headers, via: null, requestId: true });
  const identity = new PeerIdentity(rules, { address: peer, tls: null });
  const text = identity.requestLines(parser, bytes, 0, host);
  return { client: identity.clientAddress(parser, bytes, 0), lines: text.split('\r\n').slice(0, -1) };
}

describe('the client of a trusted peer', () => {
  const chains: readonly (readonly [chain: string, client: string])[] = [
    ['', '10.0.0.1'],
    ['1.2.3.4', '1.2.3.4'],
    ['6.6.6.6, 1.2.3.4', '1.2.3.4'],
    ['6.6.6.6,1.2.3.4 ,  10.0.0.9', '1.2.3.4'],
    ['1.2.3.4:5678', '1.2.3.4'],
    ['[2001:db8::1]:5678', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['1.2.3.4, fd00::7', '1.2.3.4'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['1.2.3.4, ::FFFF:10.0.0.9', '1.2.3.4'],
    ['10.0.0.9', '10.0.0.9'],
    ['10.0.0.8, 10.0.0.9', '10.0.0.8'],
    ['1.2.3.4, unknown', '10.0.0.1'],
    ['1.2.3.4, unknown, 10.0.0.9', '10.0.0.9'],
    ['1.2.3.4, _hidden', '10.0.0.1'],
    ['1.2.3.4,', '10.0.0.1'],
    ['1.2.3.4.5', '10.0.0.1'],
    ['[2001:db8::1', '10.0.0.1'],
    [`6.6.6.6, ${'10.0.0.9, '.repeat(40)}10.0.0.9`, '10.0.0.9'],
  ];
  for (const [chain, client] of chains) {
    test(`${JSON.stringify(chain.slice(0, 50))} is from ${client}`, () => {
      assert.equal(said(chain === '' ? [] : [`X-Forwarded-For: ${chain}`]).client, client);
    });
  }

  test('several lines are one list, in their order', () => {
    assert.equal(said(['X-Forwarded-For: 6.6.6.6', 'x-forwarded-for: 1.2.3.4']).client, '1.2.3.4');
  });

  test('an alias that a careless proxy let pass says nothing', () => {
    const { client, lines } = said(['X-Forwarded-For: 1.2.3.4', 'X_Forwarded_For: 6.6.6.6', 'X_Forwarded_Proto: https']);
    assert.equal(client, '1.2.3.4');
    assert.deepEqual(lines, ['X-Forwarded-For: 1.2.3.4, 10.0.0.1', 'X-Forwarded-Proto: http', 'X-Forwarded-Host: a.example']);
  });

  const elements: readonly (readonly [forwarded: string, client: string])[] = [
    ['for=1.2.3.4', '1.2.3.4'],
    ['For="1.2.3.4:80";proto=https', '1.2.3.4'],
    ['proto=https; for="[2001:db8::1]:4711"', '2001:db8::1'],
    ['for=6.6.6.6, for=1.2.3.4, for="[fd00::7]"', '1.2.3.4'],
    ['for="6.6.6.6, for=1.2.3.4', '1.2.3.4'],
    ['for=unknown', '10.0.0.1'],
    ['for=_a', '10.0.0.1'],
    ['proto=https', '10.0.0.1'],
    ['for=', '10.0.0.1'],
    ['for="', '10.0.0.1'],
  ];
  for (const [forwarded, client] of elements) {
    test(`Forwarded: ${forwarded} is from ${client}, where the listener goes by it`, () => {
      assert.equal(said([`Forwarded: ${forwarded}`, 'X-Forwarded-For: 7.7.7.7'], { headers: 'forwarded' }).client, client);
    });
  }
});

describe('what is said of an untrusted peer', () => {
  const claims = ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: evil', 'Forwarded: for=6.6.6.6'];

  test('is what we saw, whatever it claims', () => {
    const { client, lines } = said(claims, { peer: '1.2.3.4' });
    assert.equal(client, '1.2.3.4');
    assert.deepEqual(lines, ['X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Proto: http', 'X-Forwarded-Host: a.example']);
  });

  test('Forwarded quotes what must be quoted', () => {
    const lines = (peer: string, host: string): readonly string[] => said(claims, { peer, host, headers: 'forwarded' }).lines;
    assert.deepEqual(lines('1.2.3.4', 'a.example'), ['Forwarded: for=1.2.3.4;proto=http;host=a.example']);
    assert.deepEqual(lines('2001:db8::1', 'a.example:81'), ['Forwarded: for="[2001:db8::1]";proto=http;host="a.example:81"']);
  });

  test('an IPv4 client of an IPv6 socket is told by its IPv4 address', () => {
    assert.equal(said([], { peer: '::ffff:1.2.3.4' }).client, '1.2.3.4');
    assert.equal(said(['X-Forwarded-For: 5.6.7.8'], { peer: '::ffff:10.0.0.1' }).client, '5.6.7.8');
  });

  test('a request without a host says nothing about one', () => {
    const { lines } = said([], { peer: '1.2.3.4', host: '', headers: 'both' });
    assert.deepEqual(lines, ['X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Proto: http', 'Forwarded: for=1.2.3.4;proto=http']);
  });

  test('`none` says nothing', () => assert.deepEqual(said(claims, { peer: '1.2.3.4', headers: 'none' }).lines, []));
});

describe('what is said of a trusted peer', () => {
  test('its claims stay and its own address is added', () => {
    const { lines } = said(['X-Forwarded-For: 1.2.3.4', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: b.example']);
    assert.deepEqual(lines, ['X-Forwarded-For: 1.2.3.4, 10.0.0.1']);
  });

  test('Forwarded is continued', () => {
    const { lines } = said(['Forwarded: for=1.2.3.4;proto=https', 'Forwarded: for=5.6.7.8'], { headers: 'forwarded' });
    assert.deepEqual(lines, ['Forwarded: for=1.2.3.4;proto=https, for=5.6.7.8, for=10.0.0.1;proto=http;host=a.example']);
  });

  test('a peer on a unix socket is trusted when anyone is', () => {
    assert.equal(said(['X-Forwarded-For: 1.2.3.4'], { peer: '' }).client, '1.2.3.4');
    assert.equal(said(['X-Forwarded-For: 1.2.3.4'], { peer: '', trusted: [] }).client, '');
  });
});

test('a link-local peer with a zone is a peer like any other', () => {
  assert.equal(said(['X-Forwarded-For: 1.2.3.4'], { peer: 'fe80::1%eth0', trusted: ['fe80::/10'] }).client, '1.2.3.4');
});
