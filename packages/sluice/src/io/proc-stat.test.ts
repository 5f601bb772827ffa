import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRunning, parseProcessStat, readProcessStat } from './proc-stat.ts';
import { processUsage } from './process-usage.ts';
import { findUser } from './process-user.ts';

test('a name with spaces and parentheses moves no field', () => {
  const fields = ['S', '7', ...Array.from({ length: 49 }, (_, index) => String(index + 5))];
  const stat = parseProcessStat(`42 (a) b (c) ${fields.join(' ')}\n`);
  assert.deepEqual(stat, { state: 'S', parent: 7, cpuTicks: 14 + 15 + 16 + 17, startTicks: 22, rssPages: 24 });
  assert.equal(parseProcessStat('42 (x) S 1'), null);
});

test('a process is known by its id and the time of its start', () => {
  const stat = readProcessStat(process.pid)!;
  assert.equal(stat.parent, process.ppid);
  assert.ok(isRunning(process.pid, stat.startTicks));
  assert.ok(!isRunning(process.pid, stat.startTicks + 1));
  assert.equal(readProcessStat(4_194_305), null);
});

test('usage is near what Node says of itself', () => {
  const usage = processUsage(process.pid)!;
  const own = process.memoryUsage.rss();
  assert.ok(Math.abs(usage.memoryBytes - own) < own / 4, `${usage.memoryBytes} and ${own}`);
  const { user, system } = process.cpuUsage();
  assert.ok(Math.abs(usage.cpuSeconds - (user + system) / 1e6) < 0.1);
  assert.equal(processUsage(4_194_305), null);
});

test('users are found by name, by number, and with a group', () => {
  assert.deepEqual(findUser('root'), { name: 'root', uid: 0, gid: 0, home: '/root' });
  assert.deepEqual(findUser('0:5'), { name: 'root', uid: 0, gid: 5, home: '/root' });
  assert.deepEqual(findUser('54321'), { name: '54321', uid: 54_321, gid: 54_321, home: null });
  assert.equal(findUser('no-such-user'), null);
  assert.equal(findUser('root:wheel'), null);
});
