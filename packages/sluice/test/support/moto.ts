/**
 * AWS's wire protocol on the loopback: moto, from Debian's package of it. It is in trixie only, and nothing but Python, so that package alone is fetched and
 * unpacked into a folder of this user's ($SLUICE_MOTO, ~/.cache/sluice/moto; once per machine, 25 MB, 5 s); what it needs comes from the
 * system's own packages (`scripts/system-packages.ts`). A relay before it makes its answers valid where they are not, and can fail.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAMS, hasProgram } from '../../../../scripts/system-packages.ts';
import { freePort } from '../../src/io/ports.ts';
import { MotoRelay } from './moto-relay.ts';
import { eventually } from './waiting.ts';

export interface Moto extends AsyncDisposable {
  readonly relay: MotoRelay;
  /** Forgets everything. */
  reset(): Promise<void>;
}

const FOLDER = process.env['SLUICE_MOTO'] ?? join(homedir(), '.cache', 'sluice', 'moto');
const MODULES = join(FOLDER, 'usr', 'lib', 'python3', 'dist-packages');
const PYTHON = '/usr/bin/python3';

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Why it cannot run here; null when it can. Fetches it when it is not there. With CI=true what is missing is an error. */
export function motoFault(): string | null {
  const missing = Object.keys(PROGRAMS).filter((path) => path.includes('python3') && !hasProgram(path));
  const fault = missing.length === 0 ? fetchMoto() : `needs ${missing.map((path) => PROGRAMS[path]).join(' ')}`;
  if (fault !== null && process.env['CI'] === 'true') throw new Error(`moto: ${fault}`);
  return fault;
}

export async function startMoto(): Promise<Moto> {
  const port = await freePort('127.0.0.1');
  const said: string[] = [];
  const child = spawn(PYTHON, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    env: { PATH: '/usr/bin:/bin', PYTHONPATH: MODULES, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.stderr.on('data', (text: Buffer) => said.length < 100 && said.push(text.toString()));
  const url = `http://127.0.0.1:${port}`;
  const answers = (): Promise<boolean> =>
    fetch(`${url}/moto-api/`).then(
      ({ ok }) => ok,
      () => false,
    );
  await eventually(20_000, 'moto answers', answers).catch((error: unknown) => {
    child.kill('SIGKILL');
    throw new Error(`moto did not start: ${said.join('')}`, { cause: error });
  });
  const relay = await MotoRelay.open(port);
  return {
    relay,
    async reset() {
      relay.heal();
      await fetch(`${url}/moto-api/reset`, { method: 'POST' });
    },
    async [Symbol.asyncDispose]() {
      await relay[Symbol.asyncDispose]();
      const gone = child.exitCode === null ? once(child, 'exit') : null;
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** @returns Why it could not be fetched; null when it is there. */
function fetchMoto(): string | null {
  if (existsSync(join(MODULES, 'moto', '__init__.py'))) return null;
  if (!hasProgram('apt-get') || !hasProgram('dpkg')) return 'needs Debian, whose package python3-moto it is';
  const work = mkdtempSync(join(tmpdir(), 'sluice-moto-'));
  try {
    const apt = privateApt(work);
    command('apt-get', [...apt, '-qq', 'update'], work);
    command('apt-get', [...apt, '-qq', 'download', 'python3-moto'], work);
    const file = readdirSync(work).find((name) => name.endsWith('.deb'));
    if (file === undefined) return 'apt-get download python3-moto left no package';
    mkdirSync(join(FOLDER, '..'), { recursive: true, mode: 0o700 });
    command('dpkg', ['-x', file, 'out'], work);
    rmSync(FOLDER, { recursive: true, force: true });
    command('cp', ['-r', join(work, 'out'), `${FOLDER}.new`], work);
    renameSync(`${FOLDER}.new`, FOLDER);
    return null;
  } catch (error) {
    return (error as Error).message;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Options that make apt read trixie from this machine's mirror, and touch nothing of the system. */
function privateApt(work: string): string[] {
  for (const folder of ['lists/partial', 'cache/archives/partial', 'parts']) mkdirSync(join(work, folder), { recursive: true });
  const targets = spawnSync('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages', 'Component: main'], {
    encoding: 'utf8',
  });
  const mirror = targets.stdout.split('\n').find((uri) => /\/debian\/?$/.test(uri)) ?? 'http://deb.debian.org/debian';
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(join(work, 'sources.list'), `deb [signed-by=${keys}] ${mirror} trixie main\n`);
  const options = {
    'Dir::Etc::SourceList': join(work, 'sources.list'),
    'Dir::Etc::SourceParts': join(work, 'parts'),
    'Dir::State::Lists': join(work, 'lists'),
    'Dir::Cache': join(work, 'cache'),
    'Acquire::Languages': 'none',
    'APT::Sandbox::User': 'root',
  };
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

function command(program: string, args: readonly string[], cwd: string): void {
  const { status, error, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', timeout: 120_000 });
  if (status !== 0) throw new Error(`${program} ${args.slice(-2).join(' ')}: ${error?.message ?? stderr.slice(-500)}`);
}
