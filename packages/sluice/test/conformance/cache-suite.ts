/**
 * The public test suite for HTTP caches (https://cache-tests.fyi, npm `http-cache-tests`): its origin as a process of its own, its client here, whatever is tested between them. The suite is plain
 * JavaScript without types; what is used of it stands here.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { freePort } from '../../src/io/ports.ts';
import { eventually } from '../support/waiting.ts';

/** One test of the suite. */
export interface SuiteTest {
  readonly id: string;
  readonly name: string;
  /** Left out: `required`. `check` only tells how a cache behaves. */
  readonly kind?: 'required' | 'optimal' | 'check';
  readonly depends_on?: readonly string[];
  readonly browser_only?: boolean;
}

/** True, or the kind of failure and what it says. */
export type SuiteResult = true | readonly [kind: string, message: string];

export interface CacheSuite {
  readonly tests: readonly SuiteTest[];
  readonly originPort: number;
  /** Runs all tests against what listens there. */
  run(baseUrl: string): Promise<ReadonlyMap<string, SuiteResult>>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Group {
  readonly tests: readonly SuiteTest[];
}

/** @param folder Where the suite is; the installed package unless told. Its later form, not yet published, works as well. */
export async function startCacheSuite(folder = installedFolder()): Promise<CacheSuite> {
  const load = async (path: string): Promise<Readonly<Record<string, unknown>>> => await import(pathToFileURL(join(folder, path)).href);
  const isLater = existsSync(join(folder, 'test-engine'));
  const engine = isLater ? 'test-engine/' : '';
  const groups = (await load('tests/index.mjs'))['default'] as readonly Group[];
  const { runTests, getResults } = (await load(`${engine}client/runner.mjs`)) as unknown as Runner;
  const origin = await startOrigin(folder, `${engine}server/server.mjs`);
  return {
    tests: groups.flatMap((group) => group.tests).filter((test) => test.browser_only !== true),
    originPort: origin.port,
    async run(baseUrl) {
      if (isLater) await runTests(groups, false, baseUrl);
      else await runTests(groups, await suiteFetch(folder), false, baseUrl);
      return new Map(Object.entries(getResults()));
    },
    [Symbol.asyncDispose]: origin.stop,
  };
}

interface Runner {
  runTests(groups: readonly Group[], ...how: readonly unknown[]): Promise<void>;
  getResults(): Readonly<Record<string, SuiteResult>>;
}

/** As the suite shows it: a test that builds on one that failed says nothing. */
export function passes(id: string, tests: ReadonlyMap<string, SuiteTest>, results: ReadonlyMap<string, SuiteResult>): boolean {
  if (results.get(id) !== true) return false;
  return (tests.get(id)?.depends_on ?? []).every((other) => passes(other, tests, results));
}

function installedFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('http-cache-tests/package.json'));
}

/** Its own: the one of Node changes headers that some tests are about. */
async function suiteFetch(folder: string): Promise<unknown> {
  const path = createRequire(join(folder, 'package.json')).resolve('node-fetch');
  return ((await import(pathToFileURL(path).href)) as { default: unknown }).default;
}

async function startOrigin(folder: string, program: string): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const port = await freePort('127.0.0.1');
  const scratch = mkdtempSync(join(tmpdir(), 'cache-suite-'));
  const environment = {
    npm_config_protocol: 'http',
    npm_config_port: String(port),
    npm_package_config_protocol: 'http',
    npm_package_config_port: String(port),
    npm_config_pidfile: join(scratch, 'pid'),
  };
  const child = spawn(process.execPath, [program], { cwd: folder, env: { ...process.env, ...environment }, stdio: 'ignore' });
  const exited = once(child, 'exit');
  await eventually(10_000, "the suite's origin listens", async () => (await fetch(`http://127.0.0.1:${port}/`).catch(() => null)) !== null);
  return {
    port,
    async stop() {
      child.kill('SIGKILL');
      await exited;
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}
