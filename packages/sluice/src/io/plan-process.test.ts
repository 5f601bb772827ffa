/** Tests of the configuration process: what a configuration may do there, and what of it is left. */
import assert from 'node:assert/strict';
import { execFile, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from '../../test/support/waiting.ts';
import { functionAt } from '../config/scaling-facts.ts';
import { importConfigModule } from './config-module.ts';
import type { PlanResult } from './load-plan.ts';
import { inheritedFlags, PlanProcess, type PlanProcessLimits } from './plan-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-plan-process-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const OPTIONS = { generation: 0, cores: 2 };
const VALUE = { listeners: { web: { http: ':8080' } }, services: { web: { endpoints: ['127.0.0.1:3001'] } }, routes: [{ to: 'web' }] };

function planProcess(t: TestContext, limits?: PlanProcessLimits): PlanProcess {
  const made = new PlanProcess(limits);
  t.after(() => made.close());
  return made;
}

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const load = (made: PlanProcess, path: string): Promise<PlanResult> => made.load({ kind: 'file', path }, OPTIONS);
const faultsOf = (result: PlanResult): string => (result.ok ? 'none' : result.faults.map(({ message }) => message).join('; '));
const routesOf = (result: PlanResult) => (result.ok ? result.plan.routes : assert.fail(faultsOf(result)));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie that its parent has not collected yet is dead.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const moduleText = (before: string, value: object = VALUE): string => `${before}\nexport default ${JSON.stringify(value)};`;

test('a second load finds the same process, and brings the routes that stay as the very same objects', async (t) => {
  const made = planProcess(t);
  const path = file('warm.json', JSON.stringify({ ...VALUE, routes: [{ path: '/a', to: 'web' }] }));
  const [first] = routesOf(await load(made, path));
  const { pid } = made;
  file(
    'warm.json',
    JSON.stringify({
      ...VALUE,
      routes: [
        { path: '/b', to: 'web' },
        { path: '/a', to: 'web' },
      ],
    }),
  );
  const again = routesOf(await load(made, path));
  assert.deepEqual([made.pid, again.length, again[1] === first], [pid, 2, true]);
});

test('faults come as they are, and a wrong configuration does not end the process', async (t) => {
  const made = planProcess(t);
  assert.match(faultsOf(await load(made, file('wrong.yaml', 'listeners: {}\nroutes: 5\n'))), /routes must be/);
  const { pid } = made;
  assert.ok((await made.load({ kind: 'value', value: VALUE }, OPTIONS)).ok);
  assert.equal(made.pid, pid);
});

test('what is asked together is answered in order', async (t) => {
  const made = planProcess(t);
  const results = await Promise.all([1, 2, 3].map((workers) => made.load({ kind: 'value', value: { ...VALUE, workers } }, OPTIONS)));
  assert.deepEqual(
    results.map((result) => result.ok && result.plan.workers),
    [1, 2, 3],
  );
});

test('a module that never returns is a fault within the deadline, its process is ended, and the next load works', async (t) => {
  const made = planProcess(t, { deadlineMs: 2_000, textDeadlineMs: 10_000, idleMs: 30_000 });
  made.start();
  const { pid } = made;
  assert.match(faultsOf(await load(made, file('loop.ts', 'while (true);'))), /not loaded within 2 s: does it loop/);
  await eventually(5_000, 'the looping process is gone', () => !isAlive(pid ?? 0));
  assert.ok((await load(made, file('fine.ts', moduleText('')))).ok);
});

test('a module that exits, crashes or throws is a fault that says so', async (t) => {
  const made = planProcess(t);
  const cases = [
    ['process.exit(3);', /ended the process that loads it \(exit code 3\)/],
    ["process.kill(process.pid, 'SIGKILL');\nwhile (true);", /ended the process that loads it \(SIGKILL\)/],
    ["throw new Error('no such thing');", /no such thing \(line 1/],
    ["setImmediate(() => { throw new Error('later'); });\nawait new Promise(() => {});", /could not be loaded: later$/],
  ] as const;
  for (const [index, [text, expected]] of cases.entries()) {
    assert.match(faultsOf(await load(made, file(`case-${index}.mts`, moduleText(text)))), expected, text);
  }
});

test('each load of a module is in a process of its own, so that it sees what it imports as it is now', async (t) => {
  const made = planProcess(t);
  const text = "import { path } from './part.ts';\nconst kept = globalThis as { loads?: number };\nkept.loads = (kept.loads ?? 0) + 1;\n";
  const path = file(
    'whole.ts',
    `${text}export default { ...${JSON.stringify(VALUE)}, routes: [{ path, to: 'web', priority: kept.loads }] };`,
  );
  for (const part of ['/one', '/two', '/three']) {
    file('part.ts', `export const path = '${part}';`);
    const [route] = routesOf(await load(made, path));
    assert.deepEqual([route?.name, route?.priority], [part, 1]);
  }
});

test('an idle process ends, and is started again when it is needed', async (t) => {
  const made = planProcess(t, { deadlineMs: 10_000, textDeadlineMs: 10_000, idleMs: 50 });
  assert.ok((await made.load({ kind: 'value', value: VALUE }, OPTIONS)).ok);
  const before = made.pid;
  await eventually(5_000, 'the idle process is gone', () => made.pid === null && !isAlive(before ?? 0));
  assert.ok((await made.load({ kind: 'value', value: VALUE }, OPTIONS)).ok);
});

/** A program that loads what it is told, and then has nothing more to do but what `then` says. */
function user(path: string, then: string): string {
  return file(
    `user-${then.length}.ts`,
    `import { PlanProcess } from ${JSON.stringify(new URL('plan-process.ts', import.meta.url).href)};
const made = new PlanProcess();
made.start();
process.send?.(made.pid);
const result = await made.load({ kind: 'file', path: ${JSON.stringify(path)} }, { generation: 0, cores: 1 });
console.log(result.ok ? 'loaded' : result.faults[0].message);
${then}`,
  );
}

test('it keeps nobody alive, and what a module prints does not reach stdout', async () => {
  const path = file('print.ts', moduleText("console.log('printed');"));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [user(path, '')], { timeout: 10_000 });
  assert.deepEqual([stdout, stderr], ['loaded\n', 'printed\n']);
});

for (const [what, text] of [
  ['idle', moduleText('')],
  ['looping', moduleText("console.log('begun');\nwhile (true);")],
] as const) {
  test(`no ${what} process outlives a kill -9 of its parent`, async (t) => {
    const path = what === 'idle' ? file('idle.json', JSON.stringify(VALUE)) : file('looping.ts', text);
    const parent = fork(user(path, `setInterval(() => {}, 1000); // ${what}`), { silent: true });
    t.after(() => parent.kill('SIGKILL'));
    const pid = await new Promise<number>((resolve) => parent.once('message', (message) => resolve(message as number)));
    // The user says that it is loaded; the module says that it has begun.
    await new Promise((resolve) => (what === 'idle' ? parent.stdout : parent.stderr)?.once('data', resolve));
    assert.ok(isAlive(pid));
    parent.kill('SIGKILL');
    await eventually(5_000, 'the process is gone', () => !isAlive(pid));
  });
}

test('flags of our own entry do not reach the child, those of the runtime do', () => {
  const flags = ['--max-old-space-size=64', '--inspect-brk=1', '--input-type=module', '-e', 'code()', '--eval=code()', '--no-warnings'];
  assert.deepEqual(inheritedFlags(flags), ['--max-old-space-size=64', '--no-warnings']);
});

test('a function in a configuration is known by its place, and is found there again', async (t) => {
  const made = planProcess(t);
  const path = file(
    'function.ts',
    `export default {
      listeners: { web: { http: ':8080' } },
      services: {
        users: {
          run: { command: ['node', 'users.js'] },
          replicas: { max: 9, scale: [{ signal: 'rps', target: 5 }, { signal: async ({ inflight }) => inflight / 2, per: 'instance', poll: '10s', target: 4 }] },
        },
      },
      routes: [{ to: 'users' }],
    };`,
  );
  const result = await load(made, path);
  assert.ok(result.ok, faultsOf(result));
  const [, policy] = result.settings.fleet.services[0]?.replicas.scale ?? [];
  assert.ok(policy?.policy === 'target' && policy.signal.kind === 'function');
  assert.deepEqual(policy.signal, {
    kind: 'function',
    key: ['services', 'users', 'replicas', 'scale', 1, 'signal'],
    pollMs: 10_000,
    per: 'instance',
  });
  const own = functionAt(await importConfigModule(path), policy.signal.key);
  const facts = { service: 'users', ready: 1, wanted: 1, inflight: 7, requestsPerSecond: 0, now: '2026-11-20T12:00:00.000Z' };
  assert.equal(await own?.(facts), 3.5);
  assert.equal(functionAt(await importConfigModule(path), ['services', 'users', 'replicas', 'scale', 0, 'signal']), null);
});
