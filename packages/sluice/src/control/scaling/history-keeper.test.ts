import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { EventRecord } from '../../observe/events.ts';
import { HistoryKeeper } from './history-keeper.ts';

const HISTORY = { version: 1, firstMinute: 29_000_000, values: [1, null, 2.5] } as const;

function setUp(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-history-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const events: EventRecord[] = [];
  const keeper = new HistoryKeeper({ directory: () => directory, say: (level, what, detail) => events.push({ level, what, detail }) });
  return { directory, events, keeper };
}

test('what was kept is there again, in files of our own user’s', async (t) => {
  const { directory, events, keeper } = setUp(t);
  await keeper.save([
    ['users', HISTORY],
    ['orders', { ...HISTORY, values: [] }],
  ]);
  assert.deepEqual(await keeper.load('users'), HISTORY);
  assert.deepEqual(readdirSync(join(directory, 'forecast')).toSorted(), ['orders.json', 'users.json']);
  assert.equal(statSync(join(directory, 'forecast')).mode & 0o777, 0o700);
  assert.equal(statSync(join(directory, 'forecast', 'users.json')).mode & 0o777, 0o600);
  assert.equal(await keeper.load('nobody'), null);
  assert.deepEqual(events, []);
});

test('a file that is no history is said, and not used', async (t) => {
  const { directory, events, keeper } = setUp(t);
  mkdirSync(join(directory, 'forecast'));
  const cases = ['{"version":1,"firstM', 'null', '{"values":7}', ' '.repeat(1_048_577)];
  for (const text of cases) {
    writeFileSync(join(directory, 'forecast', 'users.json'), text);
    assert.equal(await keeper.load('users'), null);
  }
  assert.equal(events.length, cases.length);
  assert.match(String(events[0]?.detail['reason']), /it begins anew$/);
});

test('a directory that cannot be written to is said once, and again after it could', async (t) => {
  const { directory, events, keeper } = setUp(t);
  writeFileSync(join(directory, 'forecast'), 'in the way');
  await keeper.save([['users', HISTORY]]);
  await keeper.save([['users', HISTORY]]);
  assert.equal(events.length, 1);
  rmSync(join(directory, 'forecast'));
  await keeper.save([['users', HISTORY]]);
  assert.deepEqual(JSON.parse(readFileSync(join(directory, 'forecast', 'users.json'), 'utf8')), HISTORY);
  rmSync(join(directory, 'forecast'), { recursive: true });
  writeFileSync(join(directory, 'forecast'), 'in the way');
  await keeper.save([['users', HISTORY]]);
  assert.equal(events.length, 2);
});

test('without a directory nothing is kept', async () => {
  const keeper = new HistoryKeeper({ directory: () => null, say: () => assert.fail('nothing to say') });
  await keeper.save([['users', HISTORY]]);
  assert.equal(await keeper.load('users'), null);
});
