import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openCgroups, parseCgroupMounts, type CgroupMount, type CgroupPlaces } from './cgroup-places.ts';
import { readProcessStat } from './proc-stat.ts';

const MEBIBYTE = 1_048_576;

/** A directory with the files of a cgroup of version 2, as far as they are read; they are plain files, so what is written stays. */
function fixture(files: Readonly<Record<string, string>>): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'cgroup-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

function unified(path: string, own = path): readonly CgroupMount[] {
  return [{ version: 2, controllers: [], root: path, own }];
}

function opened(mounts: readonly CgroupMount[]): CgroupPlaces {
  const places = openCgroups(mounts);
  assert.ok(!('fault' in places), 'fault' in places ? places.fault : '');
  return places;
}

const WITH_CONTROLLERS = { 'cgroup.controllers': 'cpuset cpu io memory pids\n', 'cgroup.subtree_control': '\n', 'cgroup.procs': '' };

test('mounts of both versions are read, and our own group in each', () => {
  const mountinfo = [
    '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755',
    '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct',
    '35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
    '41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  ].join('\n');
  const membership = '4:memory:/docker/abc\n1:cpu,cpuacct:/user.slice\n0::/system.slice/sluice.service\n';
  assert.deepEqual(parseCgroupMounts(mountinfo, membership), [
    { version: 1, controllers: ['rw', 'cpu', 'cpuacct'], root: '/sys/fs/cgroup/cpu,cpuacct', own: '/sys/fs/cgroup/cpu,cpuacct/user.slice' },
    { version: 1, controllers: ['rw', 'memory'], root: '/sys/fs/cgroup/memory', own: '/sys/fs/cgroup/memory' },
    { version: 2, controllers: [], root: '/sys/fs/cgroup/unified', own: '/sys/fs/cgroup/unified/system.slice/sluice.service' },
  ]);
});

test('version 2: bounds are written as the kernel reads them, and lifted', () => {
  using root = fixture(WITH_CONTROLLERS);
  const places = opened(unified(root.path));
  assert.equal(places.version, 2);
  assert.equal(readFileSync(join(root.path, 'cgroup.subtree_control'), 'utf8'), '+cpu +memory');
  const group = places.create('web.1-1');
  const [directory] = group.directories;
  const file = (name: string): string => readFileSync(join(directory!, name), 'utf8');
  assert.equal(group.setResources({ cpu: 1.5, memoryBytes: 512 * MEBIBYTE }), null);
  assert.deepEqual(
    [file('cpu.max'), file('memory.max'), file('memory.swap.max'), file('memory.oom.group')],
    ['150000 100000', '536870912', '0', '1'],
  );
  assert.equal(group.memoryBound(), 512 * MEBIBYTE);
  assert.equal(group.setResources({ cpu: 0.001, memoryBytes: null }), null);
  assert.deepEqual([file('cpu.max'), file('memory.max'), file('memory.swap.max')], ['1000 100000', 'max', 'max']);
  assert.equal(group.memoryBound(), null);
});

test('version 2: what is used, killed and too much is read', async () => {
  using root = fixture(WITH_CONTROLLERS);
  const group = opened(unified(root.path)).create('web.1-1');
  const [directory] = group.directories;
  assert.equal(group.usage(), null);
  assert.equal(group.oomKills(), 0);
  writeFileSync(join(directory!, 'cpu.stat'), 'usage_usec 2500000\nuser_usec 2000000\n');
  writeFileSync(join(directory!, 'memory.current'), `${300 * MEBIBYTE}\n`);
  writeFileSync(join(directory!, 'memory.stat'), `anon 1\ninactive_file ${100 * MEBIBYTE}\n`);
  writeFileSync(join(directory!, 'memory.events'), 'low 0\nmax 12\noom 1\noom_kill 2\n');
  assert.deepEqual(group.usage(), { cpuSeconds: 2.5, memoryBytes: 200 * MEBIBYTE });
  assert.equal(group.oomKills(), 2);
  assert.match(group.setResources({ cpu: null, memoryBytes: 199 * MEBIBYTE }) ?? '', /holds more than that now/);
  await group.add(4_711);
  group.killAtOnce();
  assert.equal(readFileSync(join(directory!, 'cgroup.procs'), 'utf8'), '4711');
  assert.equal(readFileSync(join(directory!, 'cgroup.kill'), 'utf8'), '1');
});

test('version 2: alone in its group, Sluice moves below it; in company it leaves the group alone', () => {
  using root = fixture(WITH_CONTROLLERS);
  const own = join(root.path, 'sluice.service');
  mkdirSync(own);
  for (const [name, text] of Object.entries(WITH_CONTROLLERS)) writeFileSync(join(own, name), text);
  writeFileSync(join(own, 'cgroup.procs'), `${process.pid}\n`);
  opened(unified(root.path, own));
  assert.equal(readFileSync(join(own, 'sluice', 'cgroup.procs'), 'utf8'), String(process.pid));

  rmSync(join(own, 'sluice'), { recursive: true });
  writeFileSync(join(own, 'cgroup.procs'), `${process.pid}\n1\n`);
  opened(unified(root.path, own));
  assert.ok(!readdirSync(own).includes('sluice'));
});

test('groups of a Sluice that is no more are removed, those of one that runs are not', () => {
  using root = fixture(WITH_CONTROLLERS);
  const running = `sluice-${process.ppid}-${readProcessStat(process.ppid)!.startTicks}-web.1-1`;
  const reused = `sluice-${process.ppid}-1-web.1-1`;
  for (const name of [running, reused, 'sluice-4194305-1-web.1-1', 'other']) mkdirSync(join(root.path, name));
  opened(unified(root.path)).sweep();
  assert.deepEqual(
    readdirSync(root.path).filter((name) => !name.startsWith('cgroup.')),
    ['other', running].toSorted(),
  );
});

test('only groups that Sluice made are found again', () => {
  using root = fixture(WITH_CONTROLLERS);
  const places = opened(unified(root.path));
  const group = places.create('web.1-1');
  assert.deepEqual(places.find(group.directories)?.directories, group.directories);
  mkdirSync(join(root.path, 'other'));
  assert.equal(places.find([join(root.path, 'other')]), null);
  assert.equal(places.find(['/etc/sluice-1-1-x']), null);
  assert.equal(places.find([]), null);
});

test('without controllers there is a fault', () => {
  using root = fixture({ 'cgroup.controllers': 'pids\n' });
  const places = openCgroups(unified(root.path));
  assert.match('fault' in places ? places.fault : '', /no cgroup with the cpu and memory controllers/);
});
