import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scanJson } from './json-scan.ts';

test('duplicate keys are found at any depth', () => {
  assert.deepEqual(scanJson('{"a":1,"b":[{},{"c":1,"c":2}],"a":3}').duplicates, [['b', 1, 'c'], ['a']]);
  assert.deepEqual(scanJson('{"a":{"x":1},"b":{"x":1}}').duplicates, []);
  assert.deepEqual(scanJson(String.raw`{"a":1,"\u0061":2}`).duplicates, [['a']]);
});

test('the place of an error is where the first wrong thing stands', () => {
  const cases: readonly [string, number][] = [
    ['{"a": }', 6],
    ['{"a":1,}', 7],
    ['[1 2]', 3],
    ["{'a':1}", 1],
    ['', 0],
    ['{"a":', 5],
    ['[1]]', 3],
    ['01', 1],
  ];
  for (const [text, offset] of cases) assert.equal(scanJson(text).errorAt, offset, text);
});

test('a text is an error exactly when JSON.parse refuses it', () => {
  const noise = fc.string({ unit: fc.constantFrom(...Array.from('{}[]:,"\\ 01-.eEtruefalsn\t\u0001')) });
  fc.assert(
    fc.property(
      fc.oneof(
        noise,
        fc.json(),
        fc.json().chain((text) => fc.nat(text.length).map((at) => text.slice(0, at) + text.slice(at + 1))),
      ),
      (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        assert.equal(scanJson(text).errorAt === null, isJson);
      },
    ),
    { numRuns: 1000 },
  );
});

test('depth costs no stack', () => {
  assert.equal(scanJson('['.repeat(100_000) + ']'.repeat(100_000)).errorAt, null);
});
