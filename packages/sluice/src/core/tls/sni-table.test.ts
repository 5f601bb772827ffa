import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { SniTable } from './sni-table.ts';

const TABLE = new SniTable(
  [
    ['example.com', 'apex'],
    ['*.example.com', 'wildcard'],
    ['www.example.com', 'exact'],
    ['*.Deep.Example.com.', 'deep'],
    ['localhost', 'local'],
  ],
  'default',
);

describe('a name is looked up', () => {
  const cases: readonly (readonly [name: string | null, picked: string])[] = [
    ['example.com', 'apex'],
    ['www.example.com', 'exact'],
    ['api.example.com', 'wildcard'],
    ['deep.example.com', 'wildcard'],
    ['a.deep.example.com', 'deep'],
    ['a.b.example.com', 'default'],
    ['a.b.deep.example.com', 'default'],
    ['wwwexample.com', 'default'],
    ['com', 'default'],
    ['localhost', 'local'],
    ['other.example', 'default'],
    ['__proto__', 'default'],
    [null, 'default'],
  ];
  for (const [name, picked] of cases) test(`${name}: ${picked}`, () => assert.equal(TABLE.pick(name), picked));

  test('without a default, nothing may be found', () => {
    const table = new SniTable([['a.example', 1]]);
    assert.deepEqual([table.pick('a.example'), table.pick('b.example'), table.pick(null)], [1, null, null]);
  });

  test('whether a name itself is served is known apart from the default', () => {
    assert.deepEqual([TABLE.named('api.example.com'), TABLE.named('other.example'), TABLE.named('com')], ['wildcard', null, null]);
  });

  test('the order of the entries does not matter', () => {
    const entries = [
      ['*.example.com', 1],
      ['www.example.com', 2],
      ['example.com', 3],
    ] as const;
    fc.assert(
      fc.property(fc.shuffledSubarray([...entries], { minLength: 3 }), (shuffled) => {
        const table = new SniTable<number>(shuffled);
        assert.deepEqual([table.pick('a.example.com'), table.pick('www.example.com'), table.pick('example.com')], [1, 2, 3]);
      }),
    );
  });
});

describe('a table is refused', () => {
  for (const names of [
    ['a.example', 'A.example.'],
    ['*.a.example', '*.a.example'],
  ]) {
    test(`with ${names.join(' and ')}`, () => assert.throws(() => new SniTable(names.map((name) => [name, 1] as const)), /stands once/));
  }

  for (const name of ['', '*', '*.', '**.a', '*a.example', 'a.*.example', 'a:443', '*.*.a', '[::1]']) {
    test(`with ${JSON.stringify(name)}`, () => assert.throws(() => new SniTable([[name, 1]]), /DNS name/));
  }

  test('but not with an exact name and a wildcard for the same', () => {
    assert.doesNotThrow(
      () =>
        new SniTable([
          ['a.b', 1],
          ['*.b', 2],
          ['b', 3],
        ]),
    );
  });
});
