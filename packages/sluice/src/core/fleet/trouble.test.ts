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

test('what a platform runs has the remedies of the platform: Sluice deploys nothing there', () => {
  for (const kind of Object.keys(REMEDIES) as InstanceTrouble[]) {
    for (const [runner, remedy] of [
      ['kubernetes', /kubectl/],
      ['aws-asg', /aws (?:autoscaling|ec2)/],
    ] as const) {
      const sentence = troubleSentence({ kind, detail: 'image cannot be pulled' }, { instance: 'users.3', service: 'users', runner });
      assert.doesNotMatch(sentence, /sluice (?:deploy|rollback|logs)|\$PORT/, `${runner} ${kind}`);
      if (kind !== 'engine-away' && kind !== 'ignores-sigterm') assert.match(sentence, remedy, `${runner} ${kind}`);
    }
  }
});

test('every trouble names the instance, what happened and what to do', () => {
  for (const [kind, remedy] of Object.entries(REMEDIES) as [InstanceTrouble, RegExp][]) {
    const sentence = troubleSentence(
      { kind, detail: 'exit code 7 after 35 ms' },
      { instance: 'users.3', service: 'users', runner: 'process' },
    );
    assert.match(sentence, /^users\.3 .*exit code 7 after 35 ms/, kind);
    assert.match(sentence, remedy, kind);
    assert.match(sentence, /[.`]$/, kind);
  }
});
