import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseTarget, type Target } from './target.ts';

const target = (form: Target['form'], authority: string | null, path: string, query: string | null): Target => ({
  form,
  authority,
  path,
  query,
});

const accepted: readonly (readonly [string, string, Target])[] = [
  ['GET', '/', target('origin', null, '/', null)],
  ['GET', '/a/b?c=d', target('origin', null, '/a/b', 'c=d')],
  ['GET', '/a?', target('origin', null, '/a', '')],
  ['GET', '/a?b?c', target('origin', null, '/a', 'b?c')],
  ['GET', '//a/b', target('origin', null, '//a/b', null)],
  ['GET', '/a|b{c}[d]^`"?x={"a":[1|2]}<>\\^`', target('origin', null, '/a|b{c}[d]^`"', 'x={"a":[1|2]}<>\\^`')],
  ['GET', '/http://x/', target('origin', null, '/http://x/', null)],
  ['GET', 'http://a.example/b?c', target('absolute', 'a.example', '/b', 'c')],
  ['GET', 'HTTPS://[::1]:8443/b', target('absolute', '[::1]:8443', '/b', null)],
  ['GET', 'http://a:80', target('absolute', 'a:80', '/', null)],
  ['GET', 'http://a?b', target('absolute', 'a', '/', 'b')],
  ['OPTIONS', '*', target('asterisk', null, '*', null)],
  ['OPTIONS', 'http://a', target('asterisk', 'a', '*', null)],
  ['OPTIONS', 'http://a/', target('absolute', 'a', '/', null)],
  ['CONNECT', 'a.example:443', target('authority', 'a.example:443', '', null)],
  ['CONNECT', '[::1]:443', target('authority', '[::1]:443', '', null)],
];

const refused: readonly (readonly [string, string])[] = [
  ['GET', ''],
  ['GET', '*'],
  ['GET', 'a'],
  ['GET', 'a/b'],
  ['GET', '?a'],
  ['GET', '#a'],
  ['GET', '/a#b'],
  ['GET', '/a?b#c'],
  ['GET', '/a\\b'],
  ['GET', '/<a>'],
  ['GET', '/a b'],
  ['GET', '/a?b c'],
  ['GET', '/a\u00e9'],
  ['GET', '/a?\u00e9'],
  ['GET', '/a\u007f'],
  ['GET', 'a.example:443'],
  ['GET', 'http://'],
  ['GET', 'http:///a'],
  ['GET', 'http:/a'],
  ['GET', 'http://?a'],
  ['GET', 'http://user@a/'],
  ['GET', 'http://a\\b/'],
  ['GET', 'http://a#b'],
  ['GET', 'ftp://a/'],
  ['GET', 'javascript://a/'],
  ['OPTIONS', '**'],
  ['CONNECT', '/'],
  ['CONNECT', 'a'],
  ['CONNECT', 'a:'],
  ['CONNECT', ':443'],
  ['CONNECT', 'a:x'],
  ['CONNECT', 'a:1/b'],
  ['CONNECT', 'user@a:443'],
  ['CONNECT', 'http://a:443'],
];

describe('parseTarget', () => {
  for (const [method, text, expected] of accepted)
    test(`splits ${method} ${text}`, () => assert.deepEqual(parseTarget(method, text), expected));
  for (const [method, text] of refused)
    test(`refuses ${method} ${JSON.stringify(text)}`, () => assert.equal(parseTarget(method, text), null));

  test('loses nothing of an origin-form target', () => {
    const visible = fc.array(fc.integer({ min: 0x21, max: 0x7e }), { maxLength: 20 }).map((codes) => String.fromCharCode(...codes));
    fc.assert(
      fc.property(visible, (text) => {
        const parsed = parseTarget('GET', `/${text}`);
        if (parsed !== null) assert.equal(parsed.path + (parsed.query === null ? '' : `?${parsed.query}`), `/${text}`);
        else assert.match(text, /[#\\<>]/);
      }),
    );
  });
});
