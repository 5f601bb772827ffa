import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceTrouble } from './instance-view.ts';
import { troubleSentence } from './trouble.ts';

/** Every kind, and what its remedy has to name. A kind that is missing here does not compile. */
const REMEDIES: Readonly<Record<InstanceTrouble, RegExp>> = {
  unstartable: /`run` of service "users".*sluice deploy users/,
  exited: /sluice logs users/,
  'crash-loop': /sluice logs users.*sluice rollback users/,
  'never-ready': /ready\.within.*sluice logs users/,
  unready: /sluice logs users.*ready\.timeout/,
  'ignores-sigterm': /SIGTERM.*`stop` of service "users"/,
  'out-of-memory': /resources\.memory/,
  'engine-away': /engine of service "users"/,
};

test('every trouble names the instance, what happened and what to do', () => {
  for (const [kind, remedy] of Object.entries(REMEDIES) as [InstanceTrouble, RegExp][]) {
    const sentence = troubleSentence({ kind, detail: 'exit code 7 after 35 ms' }, { instance: 'users.3', service: 'users' });
    assert.match(sentence, /^users\.3 .*exit code 7 after 35 ms/, kind);
    assert.match(sentence, remedy, kind);
    assert.match(sentence, /[.`]$/, kind);
  }
});
