import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PeerProof, type PeerRequest } from './peer-proof.ts';

const REQUEST: PeerRequest = { route: '/*', method: 'GET', host: 'www.example', target: '/a?b=c' };
const KEY = 'https://www.example/a?b=c\n@web\nh:x=1:\xff';
const NOW = 1_800_000_000_000;
const proof = new PeerProof(['the first secret of all', 'the second secret of all']);

test('what one node writes another one reads, key and all', () => {
  const value = proof.write(REQUEST, KEY, NOW);
  assert.match(value, /^[\w.-]+$/);
  assert.ok(proof.verify(value, REQUEST, NOW + 1_000));
  assert.equal(proof.keyIn(value), KEY);
});

test('a secret that is replaced verifies still', () => {
  const value = new PeerProof(['the second secret of all']).write(REQUEST, KEY, NOW);
  assert.ok(proof.verify(value, REQUEST, NOW));
  assert.ok(!new PeerProof(['the first secret of all']).verify(value, REQUEST, NOW));
});

test('it holds for one request, for five minutes, in either direction of the clock', () => {
  const value = proof.write(REQUEST, KEY, NOW);
  for (const other of [{ route: 'b' }, { method: 'HEAD' }, { host: 'b' }, { target: '/b' }])
    assert.ok(!proof.verify(value, { ...REQUEST, ...other }, NOW));
  for (const [ms, isValid] of [
    [300_000, true],
    [300_001, false],
    [-300_000, true],
    [-300_001, false],
  ] as const)
    assert.equal(proof.verify(value, REQUEST, NOW + ms), isValid, String(ms));
});

test('nothing that is changed anywhere verifies, and nothing makes it throw', () => {
  const value = proof.write(REQUEST, KEY, NOW);
  fc.assert(
    fc.property(fc.nat(value.length - 1), fc.constantFrom('A', 'a', '0', '.', '-', '_', ' ', '='), (at, character) => {
      const changed = value.slice(0, at) + character + value.slice(at + 1);
      // The last character of base64 may have bits that mean nothing.
      if (changed !== value && at < value.length - 1 && value[at] !== '.') assert.ok(!proof.verify(changed, REQUEST, NOW), changed);
    }),
  );
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => assert.ok(!proof.verify(text, REQUEST, NOW))));
});
