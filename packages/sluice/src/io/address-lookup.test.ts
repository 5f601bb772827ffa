import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressLookup, type AddressSource } from './address-lookup.ts';

function world() {
  let nowMs = 0;
  const asked: string[] = [];
  const records = new Map<string, readonly { readonly address: string; readonly ttl: number }[]>();
  const system = new Map<string, readonly string[]>();
  let hold: Promise<void> | null = null;
  const source: AddressSource = {
    async records(name, family) {
      asked.push(`${name} ${family}`);
      await hold;
      const found = records.get(`${name} ${family}`);
      if (found === undefined) throw new Error('none');
      return found;
    },
    async system(name) {
      asked.push(`system ${name}`);
      await hold;
      return system.get(name) ?? [];
    },
    now: () => nowMs,
  };
  return {
    asked,
    records,
    system,
    lookup: new AddressLookup(source),
    advance: (ms: number) => void (nowMs += ms),
    holdUntil: (promise: Promise<void> | null) => void (hold = promise),
  };
}

test('both families are asked, as whole names, and kept for the shortest TTL', async () => {
  const { lookup, records, asked, advance } = world();
  records.set('a.test. 4', [{ address: '192.0.2.1', ttl: 5 }]);
  records.set('a.test. 6', [{ address: '2001:db8::1', ttl: 3 }]);
  assert.deepEqual(await lookup.find('a.test'), ['192.0.2.1', '2001:db8::1']);
  advance(2_999);
  assert.deepEqual(lookup.find('a.test'), ['192.0.2.1', '2001:db8::1']);
  assert.equal(asked.length, 2);
  advance(1);
  records.set('a.test. 4', [{ address: '192.0.2.9', ttl: 0 }]);
  records.delete('a.test. 6');
  assert.deepEqual(await lookup.find('a.test'), ['192.0.2.9']);
  advance(999);
  assert.ok(Array.isArray(lookup.find('a.test')), 'a TTL of 0 is a second');
});

test('the system is asked where DNS knows nothing, and nothing is kept for a second', async () => {
  const { lookup, system, asked, advance } = world();
  assert.deepEqual(await lookup.find('hosts.test'), []);
  system.set('hosts.test', ['10.0.0.1']);
  assert.deepEqual(lookup.find('hosts.test'), []);
  advance(1_000);
  assert.deepEqual(await lookup.find('hosts.test'), ['10.0.0.1']);
  assert.deepEqual(asked, ['hosts.test. 4', 'hosts.test. 6', 'system hosts.test', 'hosts.test. 4', 'hosts.test. 6', 'system hosts.test']);
});

test('who asks for a name under way joins, and what is too much is said at once', async () => {
  const { lookup, records, asked, holdUntil } = world();
  const { promise, resolve } = Promise.withResolvers<void>();
  holdUntil(promise);
  records.set('a.test. 4', [{ address: '192.0.2.1', ttl: 5 }]);
  const [first, second] = [lookup.find('a.test'), lookup.find('a.test')];
  assert.equal(first, second);
  for (let index = 0; index < 511; index++) void lookup.find(`n${index}.test`);
  assert.equal(lookup.find('one-more.test'), 'full');
  assert.equal(lookup.find('a.test'), first);
  resolve();
  assert.deepEqual(await first, ['192.0.2.1']);
  assert.equal(asked.filter((each) => each === 'a.test. 4').length, 1);
});

test('no more than two names are asked of the system at once, and each gets its turn', async () => {
  const { lookup, asked, holdUntil } = world();
  const answers = [1, 2, 3, 4, 5].map((each) => lookup.find(`n${each}.test`));
  const { promise, resolve } = Promise.withResolvers<void>();
  holdUntil(promise);
  await new Promise((done) => setImmediate(done));
  const running = (): number => asked.filter((each) => each.startsWith('system')).length;
  assert.ok(running() <= 2, `${running()} run`);
  resolve();
  assert.deepEqual(await Promise.all(answers.map(async (answer) => await answer)), [[], [], [], [], []]);
  assert.equal(running(), 5);
});

test('of many names the oldest are forgotten, and of many addresses the last', async () => {
  const { lookup, records, asked } = world();
  for (let index = 0; index < 2_049; index++) {
    records.set(`n${index}.test. 4`, [{ address: '192.0.2.1', ttl: 60 }]);
    await lookup.find(`n${index}.test`);
  }
  const before = asked.length;
  assert.ok(Array.isArray(lookup.find('n2048.test')) && Array.isArray(lookup.find('n1.test')));
  assert.equal(asked.length, before);
  assert.ok(lookup.find('n0.test') instanceof Promise);
  records.set(
    'many.test. 4',
    Array.from({ length: 100 }, (_, index) => ({ address: `192.0.2.${index}`, ttl: 60 })),
  );
  assert.equal((await lookup.find('many.test')).length, 32);
});
