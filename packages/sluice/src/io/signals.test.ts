import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { handleSignals } from './signals.ts';

/** Handlers whose calls are written down; signals are emitted in this process only. */
function setUp(t: TestContext, canReload = true) {
  const calls: string[] = [];
  const clock = { now: 0 };
  const actions = {
    stop: (signal: string) => calls.push(`stop ${signal}`),
    stopNow: (signal: string) => calls.push(`now ${signal}`),
    reload: canReload ? () => calls.push('reload') : null,
    reopenLog: () => calls.push('reopen'),
  };
  const remove = handleSignals(actions, () => clock.now);
  t.after(remove);
  const send = (signal: NodeJS.Signals): boolean => process.emit(signal, signal);
  return { calls, clock, send, remove };
}

test('the first SIGTERM stops, the second stops now', (t) => {
  const { calls, send } = setUp(t);
  send('SIGTERM');
  send('SIGTERM');
  assert.deepEqual(calls, ['stop SIGTERM', 'now SIGTERM']);
});

test('one Ctrl-C that arrives twice is one; another is another', (t) => {
  const { calls, clock, send } = setUp(t);
  send('SIGINT');
  clock.now = 20;
  send('SIGINT');
  assert.deepEqual(calls, ['stop SIGINT']);
  clock.now = 1_000;
  send('SIGINT');
  assert.deepEqual(calls, ['stop SIGINT', 'now SIGINT']);
});

test('SIGHUP reloads where there is something to reload, SIGUSR1 reopens the log', (t) => {
  const { calls, send } = setUp(t);
  send('SIGHUP');
  send('SIGUSR1');
  assert.deepEqual(calls, ['reload', 'reopen']);
});

test('without a reload SIGHUP keeps its default, and nothing is left behind', (t) => {
  const { remove } = setUp(t, false);
  assert.equal(process.listenerCount('SIGHUP'), 0);
  remove();
  assert.equal(process.listenerCount('SIGTERM') + process.listenerCount('SIGUSR1'), 0);
});
