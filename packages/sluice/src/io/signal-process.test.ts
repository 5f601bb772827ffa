/** Tests of the process that calls a configuration's functions: what a function may do there, and what of it is left. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { eventually } from '../../test/support/waiting.ts';
import { SignalProcess, type SignalProcessLimits } from './signal-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-signal-process-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const FACTS = { service: 'users', ready: 2, wanted: 3, inflight: 40, requestsPerSecond: 12.5, now: '2026-11-20T12:00:00.000Z' };
const LIMITS: SignalProcessLimits = { startMs: 20_000, restart: { baseMs: 150, maxMs: 300, jitter: 0 } };
const KEY = ['services', 'users', 'replicas', 'scale', 0, 'signal'];

function configText(body: string): string {
  return `export default { services: { users: { replicas: { scale: [{ target: 5, signal: ${body} }] } } } };`;
}

function setUp(t: TestContext, name: string, body: string): { signals: SignalProcess; write: (body: string) => string; path: string } {
  const path = join(directory, `${name}.ts`);
  const write = (text: string): string => {
    writeFileSync(path, configText(text));
    return path;
  };
  const signals = new SignalProcess(LIMITS);
  t.after(() => signals.close());
  signals.follow(write(body));
  return { signals, write, path };
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('a function is told the facts, and its number comes back; the process starts with the first call and stays', async (t) => {
  const { signals } = setUp(t, 'facts', 'async ({ inflight, ready, now }: any) => inflight / ready + new Date(now).getUTCHours()');
  assert.equal(signals.pid, null);
  assert.equal(await signals.call(KEY, FACTS, 5_000), 32);
  const { pid } = signals;
  assert.equal(await signals.call(KEY, { ...FACTS, ready: 4 }, 5_000), 22);
  assert.equal(signals.pid, pid);
  signals.close();
  await eventually(5_000, 'the process is gone', () => !isAlive(pid!));
});

test('one that throws, returns no number or is not there says so, and the process goes on', async (t) => {
  const { signals } = setUp(
    t,
    'throws',
    `({ service }: any) => { if (service === 'a') throw new Error('no database\\nsecret'); return service === 'b' ? '5' : null; }`,
  );
  await assert.rejects(signals.call(KEY, { ...FACTS, service: 'a' }, 5_000), { message: 'no database' });
  const { pid } = signals;
  await assert.rejects(signals.call(KEY, { ...FACTS, service: 'b' }, 5_000), { message: 'it returned a string, not a number' });
  await assert.rejects(signals.call(KEY, FACTS, 5_000), { message: 'it returned null, not a number' });
  await assert.rejects(signals.call(['services', 'gone'], FACTS, 5_000), { message: 'there is no function there any more' });
  assert.equal(signals.pid, pid);
});

test('one that loops is killed at its deadline, and another process is started, later each time', async (t) => {
  const { signals } = setUp(t, 'loops', '({ ready }: any) => { while (ready === 0); return ready; }');
  assert.equal(await signals.call(KEY, FACTS, 5_000), 2);
  const { pid } = signals;
  await assert.rejects(signals.call(KEY, { ...FACTS, ready: 0 }, 200), {
    message: 'it did not return within 0.2 s; its process was ended',
  });
  await eventually(5_000, 'the process is gone', () => !isAlive(pid!));
  await assert.rejects(signals.call(KEY, FACTS, 5_000), /its process failed 1 times in a row; it is started again in 0\.\d s/);
  await eventually(10_000, 'it is called again', async () => (await signals.call(KEY, FACTS, 5_000).catch(() => 0)) === 2);
  assert.notEqual(signals.pid, pid);
});

test('one that exits, or leaves what fails later, costs its answer', async (t) => {
  const { signals } = setUp(t, 'exits', '({ ready }: any) => { if (ready === 0) process.exit(7); return ready; }');
  await assert.rejects(signals.call(KEY, { ...FACTS, ready: 0 }, 5_000), /its process ended \(exit code 7\)/);
  await eventually(10_000, 'it is called again', async () => (await signals.call(KEY, FACTS, 5_000).catch(() => 0)) === 2);
});

test('a configuration that cannot be loaded says why', async (t) => {
  const { signals } = setUp(t, 'broken', '(() => { throw new Error("not set: DATABASE_URL") })()');
  await assert.rejects(signals.call(KEY, FACTS, 5_000), { message: 'the configuration cannot be loaded: not set: DATABASE_URL' });
  signals.follow(null);
  await assert.rejects(signals.call(KEY, FACTS, 5_000), /no configuration file/);
});

test('after a reload the function is the new one, and what was under way ends as it began', async (t) => {
  const { signals, write } = setUp(
    t,
    'reload',
    'async ({ ready }: any) => { await new Promise((go) => setTimeout(go, 300)); return ready; }',
  );
  assert.equal(await signals.call(KEY, FACTS, 5_000), 2);
  const { pid } = signals;
  const underWay = signals.call(KEY, { ...FACTS, ready: 9 }, 5_000);
  signals.follow(write('() => 77'));
  assert.equal(await signals.call(KEY, FACTS, 5_000), 77);
  assert.equal(await underWay, 9);
  assert.notEqual(signals.pid, pid);
  await eventually(5_000, 'the old process is gone', () => !isAlive(pid!));
});
