import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuLimit } from './cpu-limit.ts';

const files = (entries: Record<string, string>) => (path: string) => entries[path];

test('without a quota, the CPUs of the operating system count', () => {
  assert.equal(cpuLimit(files({}), 8), 8);
  assert.equal(cpuLimit(files({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' }), 8), 8);
  assert.equal(
    cpuLimit(files({ '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n' }), 8),
    8,
  );
});

test('a cgroup v2 quota counts, also half a CPU, from the own group or the root of the namespace', () => {
  assert.equal(cpuLimit(files({ '/proc/self/cgroup': '0::/app\n', '/sys/fs/cgroup/app/cpu.max': '50000 100000\n' }), 8), 0.5);
  assert.equal(cpuLimit(files({ '/proc/self/cgroup': '0::/gone\n', '/sys/fs/cgroup/cpu.max': '250000 100000\n' }), 8), 2.5);
});

test('a cgroup v1 quota counts, and never more than the machine has', () => {
  const quota = { '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '400000\n', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n' };
  assert.equal(cpuLimit(files(quota), 8), 4);
  assert.equal(cpuLimit(files(quota), 2), 2);
});

test('on this machine it is above zero', () => {
  assert.ok(cpuLimit() > 0);
});
