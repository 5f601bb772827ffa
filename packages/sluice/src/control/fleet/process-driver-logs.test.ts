import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { KeptLogs } from './process-driver-logs.ts';

function stage(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'kept-logs-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const logs = new KeptLogs(2);
  const at = (number: number) => ({ path: join(directory, `web.${number}.log`), files: 1 });
  /** An instance begins, and writes a log that is rotated once. */
  const begin = (number: number): void => {
    logs.take(at(number));
    for (const name of [at(number).path, `${at(number).path}.1`]) writeFileSync(name, 'x');
  };
  return { logs, at, begin, there: () => readdirSync(directory).toSorted() };
}

test('the logs of the last instances that went are kept, the oldest go with their old ones', async (t) => {
  const { logs, at, begin, there } = stage(t);
  for (let number = 1; number <= 4; number++) {
    begin(number);
    await logs.giveBack(at(number));
  }
  assert.deepEqual(there(), ['web.3.log', 'web.3.log.1', 'web.4.log', 'web.4.log.1']);
});

test('what an instance writes to stays, whoever else had it', async (t) => {
  const { logs, at, begin, there } = stage(t);
  begin(1);
  logs.take(at(1)); // started again before the end of the other was dealt with
  await logs.giveBack(at(1));
  for (let number = 2; number <= 5; number++) {
    begin(number);
    await logs.giveBack(at(number));
  }
  assert.deepEqual(there(), ['web.1.log', 'web.1.log.1', 'web.4.log', 'web.4.log.1', 'web.5.log', 'web.5.log.1']);
});
