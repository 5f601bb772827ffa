import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventReason } from './reason.ts';

const SOURCES = join(import.meta.dirname, '../..');
const NOT_ASCII = /[^\u0000-\u007f]/;

/** The lines of a file that may hold sentences: all but comments. */
function codeLines(file: string): string[] {
  const lines = readFileSync(join(SOURCES, file), 'utf8').split('\n');
  return lines.filter((line) => !/^\s*(?:\*|\/\/|\/\*)/.test(line));
}

function filesOf(directory: string): string[] {
  return globSync(`${directory}/**/*.ts`, { cwd: SOURCES }).filter((file) => !/\.(?:test|bench)\.ts$/.test(file));
}

test('what scaling says of a decision is ASCII in events', () => {
  assert.equal(eventReason('sale (4 × 2): 8 wanted; tolerance: 4 (±10 %)'), 'sale (4 x 2): 8 wanted; tolerance: 4 (+-10 %)');
  const lines = filesOf('core/scaling').flatMap(codeLines);
  assert.ok(lines.some((line) => line.includes('×')));
  assert.deepEqual(
    lines.filter((line) => NOT_ASCII.test(eventReason(line))),
    [],
  );
});

test('what the fleet says is ASCII', () => {
  // A mark in `sluice logs` for what was cut off is no event.
  const files = [...filesOf('core/fleet'), ...filesOf('control/fleet')].filter((file) => !file.endsWith('fleet-log.ts'));
  assert.ok(files.length > 50);
  assert.deepEqual(
    files.flatMap(codeLines).filter((line) => NOT_ASCII.test(line)),
    [],
  );
});
