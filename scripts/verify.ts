/**
 * What `npm run check` and `npm test` run, stage by stage. A failing stage does not stop the next ones, so that one run shows everything;
 * the table at the end and the exit code say how it went.
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { performance } from 'node:perf_hooks';

interface Stage {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const FUZZ = ['packages/sluice/test/fuzz/http1.fuzz.ts', 'packages/sluice/test/fuzz/http2.fuzz.ts'];

/** Format, lint, types, layers, and every test that lies beside its source. Under a minute. */
function checkStages(): Stage[] {
  return [
    { name: 'format', command: 'oxfmt', args: ['--check', '.'] },
    { name: 'lint', command: 'oxlint', args: [] },
    { name: 'types', command: 'tsc', args: ['-p', '.'] },
    { name: 'types of the dashboard', command: 'tsc', args: ['-p', 'packages/dashboard'] },
    { name: 'dashboard', command: 'vite', args: ['build', '--logLevel', 'warn', 'packages/dashboard'] },
    node('layers', ['scripts/layers.ts']),
    ...tests('unit, property, contract', ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts'], { timeoutMs: 60_000 }),
  ];
}

/** What the system must have, the check, then real sockets, real processes, the built package, and a bounded fuzz run. */
function testStages(): Stage[] {
  return [
    node('system packages', ['scripts/system-packages.ts']),
    ...checkStages(),
    ...tests('integration', ['packages/*/test/**/*.test.ts', 'examples/**/*.test.ts', 'bench/**/*.test.ts'], { timeoutMs: 180_000 }),
    ...tests('chaos', ['packages/*/test/chaos/**/*.test.ts'], { timeoutMs: 300_000, concurrency: 1 }),
    ...FUZZ.filter((file) => existsSync(file)).map((file) =>
      node(`fuzz ${basename(file, '.fuzz.ts')}`, [file, '--seconds', '20', '--seed', '1']),
    ),
    node('package', ['scripts/package-check.ts']),
  ];
}

function node(name: string, args: readonly string[]): Stage {
  return { name, command: process.execPath, args };
}

/** A stage per set of test files; none while a folder is still empty. Chaos has its own stage and is left out of the others. */
function tests(name: string, patterns: string[], options: { timeoutMs: number; concurrency?: number }): Stage[] {
  const files = globSync(patterns).filter((file) => !file.includes('node_modules') && file.includes('/test/chaos/') === (name === 'chaos'));
  if (files.length === 0) return [];
  const concurrency = options.concurrency ?? availableParallelism();
  return [node(name, ['--test', `--test-timeout=${options.timeoutMs}`, `--test-concurrency=${concurrency}`, ...files.sort()])];
}

async function run(stage: Stage): Promise<boolean> {
  const child = spawn(stage.command, stage.args, { stdio: 'inherit' });
  return await new Promise<boolean>((resolve) => {
    child.once('error', (error) => {
      console.error(`${stage.name}: ${stage.command} did not start: ${error.message}`);
      resolve(false);
    });
    child.once('exit', (code) => resolve(code === 0));
  });
}

const stages = process.argv[2] === 'test' ? testStages() : checkStages();
const results: string[] = [];
let isGreen = true;
for (const stage of stages) {
  console.log(`\n== ${stage.name}`);
  const start = performance.now();
  const isOk = await run(stage);
  isGreen &&= isOk;
  results.push(`${isOk ? 'ok    ' : 'FAILED'} ${stage.name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}
console.log(`\n== Node ${process.versions.node}\n${results.join('\n')}\n${isGreen ? 'all stages passed' : 'some stages FAILED'}`);
process.exitCode = isGreen ? 0 : 1;
