/**
 * Where groups may be made: under the group that Sluice itself runs in, so that what bounds it bounds its instances too. Of the two versions the one
 * that holds the cpu and memory controllers is taken. Under version 2 a group with processes cannot hand controllers on: where Sluice is alone in its
 * group (a systemd service with Delegate=yes, a container), it moves into a group below, as systemd asks of managers; else the root is used.
 */
import { accessSync, constants, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { removeDirectory, type CgroupFiles } from './cgroup.ts';
import { CgroupV1, type V1Directories } from './cgroup-v1.ts';
import { CgroupV2 } from './cgroup-v2.ts';
import { readKernelFile, readKernelPids } from './proc-file.ts';
import { isRunning, readProcessStat } from './proc-stat.ts';

/** A hierarchy that is mounted. */
export interface CgroupMount {
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  /** The directory of our own group. */
  readonly own: string;
  readonly root: string;
}

/** Makes groups, and finds them again. */
export interface CgroupPlaces {
  readonly version: 1 | 2;
  /** @throws when the kernel refuses. */
  create(name: string): CgroupFiles;
  /** A group that an earlier life made; null when it is not there, or not one of ours. */
  find(directories: readonly string[]): CgroupFiles | null;
  /** Removes empty groups that a Sluice which is no more has left. */
  sweep(): void;
}

/** Why there are no groups, with the remedy. */
export interface NoCgroups {
  readonly fault: string;
}

const REMEDY = 'run Sluice as root, or as a systemd service with Delegate=yes';
const GROUP_NAME = /^sluice-(\d+)-(\d+)-/;

/** `/proc/self/mountinfo` and `/proc/self/cgroup` (proc(5)), read together. */
export function parseCgroupMounts(mountinfo: string, membership: string): readonly CgroupMount[] {
  return mountinfo.split('\n').flatMap((line): CgroupMount[] => {
    const [head = '', tail = ''] = line.split(' - ');
    const [type = '', , options = ''] = tail.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    const [, , , shown = '/', root = ''] = head.split(' ');
    const controllers = type === 'cgroup' ? options.split(',') : [];
    const path = pathOf(membership, controllers);
    const below = shown !== '/' && path.startsWith(shown) ? path.slice(shown.length) : path;
    return [{ version: type === 'cgroup' ? 1 : 2, controllers, root, own: below === '/' || below === '' ? root : root + below }];
  });
}

/** Our own group in a hierarchy: `ID:CONTROLLERS:PATH`; version 2 names no controllers. */
function pathOf(membership: string, controllers: readonly string[]): string {
  for (const line of membership.split('\n')) {
    const [, names = '', ...path] = line.split(':');
    const isThis = controllers.length === 0 ? names === '' : names !== '' && names.split(',').some((name) => controllers.includes(name));
    if (isThis && path.length > 0) return path.join(':');
  }
  return '/';
}

/** Finds where groups can be made. */
export function openCgroups(mounts = ourMounts()): CgroupPlaces | NoCgroups {
  const unified = mounts.find(({ version, root }) => version === 2 && hasControllers(root));
  if (unified !== undefined) return openV2(unified);
  const place = (controller: string): string | null => placeV1(mounts.find((mount) => mount.controllers.includes(controller)));
  const base = { cpu: place('cpu'), cpuacct: place('cpuacct'), memory: place('memory') };
  if (base.cpu === null && base.memory === null)
    return { fault: `no cgroup with the cpu and memory controllers is mounted under /sys/fs/cgroup` };
  const closed = Object.values(base).find((path) => path !== null && !isWritable(path));
  return closed === undefined ? new V1Places(base) : { fault: `${closed} may not be written to: ${REMEDY}` };
}

function ourMounts(): readonly CgroupMount[] {
  return parseCgroupMounts(readKernelFile('/proc/self/mountinfo') ?? '', readKernelFile('/proc/self/cgroup') ?? '');
}

function placeV1(mount: CgroupMount | undefined): string | null {
  if (mount === undefined) return null;
  // In a namespace of its own the path may lead out of what is mounted.
  return existsSync(mount.own) ? mount.own : mount.root;
}

function openV2(mount: CgroupMount): CgroupPlaces | NoCgroups {
  for (const base of existsSync(mount.own) ? [mount.own, mount.root] : [mount.root]) {
    if (!isWritable(base) || !hasControllers(base)) continue;
    if (base !== mount.root) stepAside(base);
    if (handsOn(base)) return new V2Places(base);
  }
  return { fault: `${mount.own} may not be given controllers to hand on: ${REMEDY}` };
}

/** Moves us out of our group into one below it, when nobody else is in it. */
function stepAside(base: string): void {
  const pids = readKernelPids(`${base}/cgroup.procs`);
  if (pids.length === 0 || !pids.every((pid) => pid === process.pid || readProcessStat(pid)?.parent === process.pid)) return;
  try {
    mkdirSync(`${base}/sluice`, { recursive: true });
    for (const pid of pids) writeFileSync(`${base}/sluice/cgroup.procs`, String(pid));
  } catch {
    // Then it cannot hand controllers on either, which is said.
  }
}

function handsOn(base: string): boolean {
  const file = `${base}/cgroup.subtree_control`;
  if (includesBoth(readKernelFile(file))) return true;
  try {
    writeFileSync(file, '+cpu +memory');
    return true;
  } catch {
    return false;
  }
}

function hasControllers(directory: string): boolean {
  return includesBoth(readKernelFile(`${directory}/cgroup.controllers`));
}

function includesBoth(text: string | null): boolean {
  const names = (text ?? '').trim().split(' ');
  return names.includes('cpu') && names.includes('memory');
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

class V1Places implements CgroupPlaces {
  readonly version = 1;
  readonly #base: V1Directories;

  constructor(base: V1Directories) {
    this.#base = base;
  }

  create(name: string): CgroupFiles {
    const group = new CgroupV1(below(this.#base, groupName(name)));
    try {
      group.create();
    } catch (error) {
      group.directories.forEach(removeDirectory);
      throw error;
    }
    return group;
  }

  find(directories: readonly string[]): CgroupFiles | null {
    const name = directories[0]?.split('/').at(-1) ?? '';
    const group = new CgroupV1(below(this.#base, name));
    return isOurs(group, name, directories) ? group : null;
  }

  sweep(): void {
    for (const base of Object.values(this.#base)) if (typeof base === 'string') sweepDirectory(base);
  }
}

class V2Places implements CgroupPlaces {
  readonly version = 2;
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  create(name: string): CgroupFiles {
    const group = new CgroupV2(`${this.#base}/${groupName(name)}`);
    group.create();
    return group;
  }

  find(directories: readonly string[]): CgroupFiles | null {
    const name = directories[0]?.split('/').at(-1) ?? '';
    const group = new CgroupV2(`${this.#base}/${name}`);
    return isOurs(group, name, directories) ? group : null;
  }

  sweep(): void {
    sweepDirectory(this.#base);
  }
}

function below(base: V1Directories, name: string): V1Directories {
  const under = (path: string | null): string | null => (path === null ? null : `${path}/${name}`);
  return { cpu: under(base.cpu), cpuacct: under(base.cpuacct), memory: under(base.memory) };
}

/** Says whose it is, so that a later life can tell that its maker is gone. */
function groupName(name: string): string {
  return `sluice-${process.pid}-${readProcessStat(process.pid)?.startTicks ?? 0}-${name}`;
}

function isOurs(group: CgroupFiles, name: string, directories: readonly string[]): boolean {
  return GROUP_NAME.test(name) && group.directories.every((path, index) => path === directories[index] && existsSync(path));
}

function sweepDirectory(base: string): void {
  for (const entry of readdirSync(base)) {
    const maker = GROUP_NAME.exec(entry);
    if (maker !== null && !isRunning(Number(maker[1]), Number(maker[2]))) removeDirectory(`${base}/${entry}`);
  }
}
