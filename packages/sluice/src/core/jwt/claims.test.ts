import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areSufficient, claimAt, claimTimes, type ClaimRules, frozen } from './claims.ts';

const rules: ClaimRules = { audiences: [], clockSkewMs: 1_000, maxAgeMs: null, requiresExpiry: true, required: [] };

test('claims hold from nbf and iat to exp, with the skew on both sides', () => {
  assert.deepEqual(claimTimes({ exp: 100, nbf: 50, iat: 60 }, rules), { fromMs: 59_000, untilMs: 101_000 });
  assert.deepEqual(claimTimes({ exp: 100 }, rules), { fromMs: -Infinity, untilMs: 101_000 });
  assert.deepEqual(claimTimes({ exp: 100, iat: 60 }, { ...rules, maxAgeMs: 5_000 }), { fromMs: 59_000, untilMs: 66_000 });
  assert.deepEqual(claimTimes({}, { ...rules, requiresExpiry: false }), { fromMs: -Infinity, untilMs: Infinity });
});

test('what is missing or of another type is not sound', () => {
  assert.equal(claimTimes({}, rules), null);
  assert.equal(claimTimes({ exp: 100 }, { ...rules, maxAgeMs: 1 }), null, 'no age without iat');
  for (const bad of [
    { exp: '100' },
    { exp: null },
    { exp: NaN },
    { exp: Infinity },
    { exp: 1, nbf: true },
    { exp: 1, iat: [] },
    { exp: 1, sub: 5 },
    { exp: 1, jti: {} },
  ]) {
    assert.equal(claimTimes(bad, rules), null, JSON.stringify(bad));
  }
});

test('one of the audiences is named, by a text or a list of texts', () => {
  const forShop = { ...rules, audiences: ['shop', 'cart'] };
  for (const aud of ['shop', ['x', 'cart']]) assert.ok(claimTimes({ exp: 1, aud }, forShop) !== null);
  for (const aud of [undefined, 'sho', ['x'], [['shop']], { shop: 1 }, [], 'shop cart'])
    assert.equal(claimTimes({ exp: 1, aud }, forShop), null);
});

test('a claim is found by its name before its path, and only where it is its own', () => {
  const claims = { 'https://a.example/roles': 1, 'a.b': 2, a: { b: 3, c: { d: 4 } }, list: [5] };
  const found = ['https://a.example/roles', 'a.b', 'a.c.d', 'a.x', 'list.0', 'toString', 'a.constructor', '__proto__', ''].map((path) =>
    claimAt(claims, path),
  );
  assert.deepEqual(found, [1, 2, 4, undefined, undefined, undefined, undefined, undefined, undefined]);
});

test('required values are one of those named, or all within a list or the words of a text', () => {
  const oneOf = { claim: 'a', test: 'one-of', values: ['x', 1, false] } as const;
  for (const value of ['x', 1, false]) assert.ok(areSufficient({ a: value }, [oneOf]));
  for (const value of ['y', '1', 0, null, undefined, ['x'], {}]) assert.ok(!areSufficient({ a: value }, [oneOf]));
  const contains = { claim: 'a', test: 'contains', values: ['x', 'y'] } as const;
  for (const value of ['y x', 'x z y', ['x', 'y', 2]]) assert.ok(areSufficient({ a: value }, [contains]));
  for (const value of ['xy', 'x', 'x,y', ['x'], ['x y'], { x: 1, y: 1 }, undefined, 7]) assert.ok(!areSufficient({ a: value }, [contains]));
});

test('claims that are remembered cannot be changed, however deep', () => {
  const claims = frozen({ a: { b: [{ c: 1 }] } });
  assert.throws(() => (claims.a.b[0]!.c = 2), TypeError);
  assert.throws(() => claims.a.b.push({ c: 3 }), TypeError);
  let deep: unknown = 1;
  for (let index = 0; index < 100_000; index++) deep = [deep];
  frozen(deep);
});
