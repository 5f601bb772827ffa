/** The table of troubles in the guide says of each what `sluice status` says, and leaves none out. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { InstanceTrouble } from '../packages/sluice/src/core/fleet/instance-view.ts';
import { troubleSentence } from '../packages/sluice/src/core/fleet/trouble.ts';

/** Held complete by its type. */
const KINDS = Object.keys({
  unstartable: true,
  exited: true,
  'crash-loop': true,
  'never-ready': true,
  unready: true,
  'ignores-sigterm': true,
  'out-of-memory': true,
  'engine-away': true,
} satisfies Record<InstanceTrouble, true>) as InstanceTrouble[];

const DETAIL = 'DETAIL. ';

/** Remedies by kind, as the guide has them. */
function documented(): Map<string, string> {
  const page = readFileSync(join(import.meta.dirname, '../docs/guide/instances.md'), 'utf8');
  const section = page.slice(page.indexOf('\n## Troubles'));
  const rows = section.matchAll(/^\| `([a-z-]+)` \|[^|]+\| ([^|]+) \|$/gm);
  return new Map([...rows].map(([, kind, remedy]) => [kind!, remedy!]));
}

/** What follows the detail. */
function remedyOf(kind: InstanceTrouble): string {
  const sentence = troubleSentence({ kind, detail: DETAIL.slice(0, -2) }, { instance: 'users.3', service: 'users', runner: 'process' });
  const at = sentence.indexOf(DETAIL);
  assert.ok(at > 0, `the sentence of ${kind} has its detail: ${sentence}`);
  return sentence.slice(at + DETAIL.length);
}

test('the guide has each trouble of an instance with its remedy, and no other', () => {
  assert.deepEqual(documented(), new Map(KINDS.map((kind) => [kind, remedyOf(kind)])));
});
