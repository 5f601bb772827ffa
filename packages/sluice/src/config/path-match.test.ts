import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePathMatch, patternParameters } from './path-match.ts';

function refusal(path: string, exact = false): string {
  const parsed = parsePathMatch(path, exact);
  return parsed.ok ? 'accepted' : `${parsed.problem}; ${parsed.hint ?? ''}`;
}

test('the kind of match follows from the form of the path', () => {
  const cases = [
    ['/', { kind: 'exact', path: '/' }],
    ['/users', { kind: 'exact', path: '/users' }],
    ['/*', { kind: 'prefix', path: '' }],
    ['/api/*', { kind: 'prefix', path: '/api' }],
    ['/users/:id', { kind: 'pattern', pattern: '/users/:id' }],
    ['/users/:id/*', { kind: 'pattern', pattern: '/users/:id/*' }],
    ['/a:b', { kind: 'exact', path: '/a:b' }],
  ] as const;
  for (const [path, match] of cases) assert.deepEqual(parsePathMatch(path), { ok: true, match });
});

test('exact takes colons and stars as they stand', () => {
  assert.deepEqual(parsePathMatch('/:a/*', true), { ok: true, match: { kind: 'exact', path: '/:a/*' } });
});

test('a path that could never match is refused with the spelling that does', () => {
  assert.match(refusal('/a/../b'), /can never match.*write '\/b'/);
  assert.match(refusal('/%7Euser/*'), /can never match.*write '\/~user\/\*'/);
  assert.match(refusal('/caf\u00e9'), /can never match.*write '\/caf%C3%A9'/);
  assert.match(refusal('/a?b'), /can never match/);
  assert.match(refusal('/a b'), /can never match/);
  assert.match(refusal('/\ud800'), /can never match/);
  assert.match(refusal('users'), /does not start with '\/'; write '\/users'/);
  assert.match(refusal('*'), /write '\/\*'/);
});

test("'*' is the last segment or nothing", () => {
  for (const path of ['/a*', '/*/a', '/a/*/', '/**']) assert.match(refusal(path), /'\*' elsewhere/, path);
});

test('parameters are names, once each, and not what templates use', () => {
  for (const path of ['/:', '/:1', '/:a-b', '/:a/:a', '/:rest/*']) assert.match(refusal(path), /^is refused/, path);
  assert.deepEqual(patternParameters('/a/:x/:y/*'), ['x', 'y']);
  assert.deepEqual(patternParameters('/a/*'), []);
});

test('any text is parsed or refused', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(...Array.from('/:*%2eaZ.;?~')) }).map((rest) => `/${rest}`),
  );
  fc.assert(fc.property(text, fc.boolean(), (path, exact) => typeof parsePathMatch(path, exact).ok === 'boolean'));
});
