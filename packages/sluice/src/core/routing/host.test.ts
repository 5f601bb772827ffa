import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { normalizeHost, normalizeHostPattern } from './host.ts';

const cases: readonly (readonly [string, string | null])[] = [
  ['example.com', 'example.com'],
  ['Example.COM', 'example.com'],
  ['example.com:8080', 'example.com'],
  ['example.com:', 'example.com'],
  ['example.com.', 'example.com'],
  ['EXAMPLE.com.:443', 'example.com'],
  ['my_service', 'my_service'],
  ['127.0.0.1:3000', '127.0.0.1'],
  ['[::1]', '[::1]'],
  ['[::1]:80', '[::1]'],
  ['[0:0:0:0:0:0:0:1]', '[::1]'],
  ['[2001:DB8::0:1]', '[2001:db8::1]'],
  ['[2001:db8:0:1:0:0:0:1]', '[2001:db8:0:1::1]'],
  ['[::ffff:192.0.2.1]', '[::ffff:c000:201]'],
  ['[1:2:3:4:5:6:7::]', '[1:2:3:4:5:6:7:0]'],
  ['a:65535', 'a'],
  ['', null],
  [':80', null],
  ['.', null],
  ['..', null],
  ['.example.com', null],
  ['a..b', null],
  ['a..', null],
  ['a:65536', null],
  ['a:000080', null],
  ['a:-1', null],
  ['a:+80', null],
  ['a:8o', null],
  ['a:80:80', null],
  ['user@example.com', null],
  ['user:pw@example.com', null],
  ['a,b', null],
  ['a b', null],
  ['a/b', null],
  ['a?b', null],
  ['a#b', null],
  ['a\\b', null],
  ['a%2eb', null],
  ['a\tb', null],
  ['a\u0000', null],
  ['b\u00fccher.example', null],
  ['\u212aelvin.example', null],
  ['*.example.com', null],
  ['[::1', null],
  ['[]', null],
  ['[:]', null],
  ['[::1]80', null],
  ['[::1]:x', null],
  ['[::1%25eth0]', null],
  ['[v1.a]', null],
  ['[1::2::3]', null],
  ['[1:2:3:4:5:6:7:8:9]', null],
  ['[1:2:3]', null],
  ['[12345::]', null],
  ['[1:2:3:4:5:6:7:8::]', null],
  ['[::1.2.3.256]', null],
  ['[1.2.3.4::]', null],
  ['::1', null],
  ['x'.repeat(300), null],
];

describe('normalizeHost', () => {
  for (const [authority, expected] of cases) {
    test(`reads ${JSON.stringify(authority.slice(0, 40))} as ${JSON.stringify(expected)}`, () =>
      assert.equal(normalizeHost(authority), expected));
  }

  test('is idempotent', () => {
    const part = fc.constantFrom('a', 'B', '.', ':', '8', '[', ']', '::', '-', '_', 'ffff', '1.2.3.4');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 10 }), (parts) => {
        const host = normalizeHost(parts.join(''));
        if (host !== null) assert.equal(normalizeHost(host), host);
      }),
      { numRuns: 5000 },
    );
  });

  test('reads IPv6 addresses as the URL standard does', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => assert.equal(normalizeHost(`[${address}]`), new URL(`http://[${address}]`).hostname)),
      { numRuns: 2000 },
    );
  });
});

describe('normalizeHostPattern', () => {
  test('keeps a leading `*.` and canonicalises the rest', () => {
    assert.equal(normalizeHostPattern('*.Example.COM'), '*.example.com');
    assert.equal(normalizeHostPattern('Example.COM:80'), 'example.com');
  });
  for (const pattern of ['*', '*.', 'a.*.b', '*a.b', '*.*.b', '*.[::1]'])
    test(`refuses ${pattern}`, () => assert.equal(normalizeHostPattern(pattern), null));
});
