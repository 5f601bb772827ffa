import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchLines, readMatch } from './silence-form.ts';

test('labels are lines, and lines are labels', () => {
  const labels = { rule: 'latency', service: 'web' };
  assert.equal(matchLines(labels), 'rule=latency\nservice=web');
  assert.deepEqual(readMatch(` ${matchLines(labels)}\n\n`), labels);
  assert.deepEqual(readMatch('service = ~^web=1'), { service: '~^web=1' });
});

test('a line without a name, and no line at all, are told', () => {
  assert.match(readMatch('web') as string, /“web” is no label/);
  assert.match(readMatch('=web') as string, /is no label/);
  assert.match(readMatch(' \n') as string, /at least one label/);
});
