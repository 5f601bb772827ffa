import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SourceCounts } from './source-counts.ts';

test('an IPv6 source is its /64, an IPv4 one its address however it is written', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['192.0.2.1', '::ffff:192.0.2.1', true],
    ['2001:db8::1', '2001:db8::ffff:1:2:3', true],
    ['2001:db8:0:1::1', '2001:db8::1:1:0:0:1', true],
    ['2001:db8::1', '2001:db8:0:1::1', false],
    ['::1', '::2', true],
    ['fe80::1%eth0', 'fe80::2%eth0', false],
    ['fe80::1%eth0', 'fe80::1%eth1', false],
    ['', '', true],
  ];
  for (const [one, other, isSame] of cases) {
    const sources = new SourceCounts();
    assert.ok(sources.take(one, 1));
    assert.equal(sources.take(other, 1), !isSame, `${one} and ${other}`);
  }
});

test('whoever comes and goes, nobody exceeds the bound, and nothing is left at the end', () => {
  const addresses = ['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2', 'fe80::1%eth0', ''];
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(addresses.length - 1), fc.nat(3), fc.boolean())), (steps) => {
      const sources = new SourceCounts();
      const taken: string[] = [];
      for (const [which, max, isLeaving] of steps) {
        const address = addresses[which]!;
        if (isLeaving && taken.length > 0) sources.give(taken.shift()!);
        else if (sources.take(address, max)) taken.push(address);
      }
      for (const address of taken) sources.give(address);
      assert.equal(sources.size, 0);
    }),
  );
});
