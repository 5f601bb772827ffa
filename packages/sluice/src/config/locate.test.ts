import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatPath, parsePath } from './fault.ts';
import { withLines } from './locate.ts';

const YAML = `listeners:
  web:
    http: 8080
services:
  "a b": { endpoints: [] }
  users:
    endpoints:
      - 127.0.0.1:3001
      - { address: x,
          weight: 300 }
`;

function lineOf(path: string, text = YAML): string {
  return withLines([{ path, message: '', suggestion: null }], text)[0]?.message ?? '';
}

test('a fault gets the line of its key or list entry', () => {
  const cases: readonly [string, string][] = [
    ['listeners.web.http', ' (line 3)'],
    ['services["a b"]', ' (line 5)'],
    ['services.users.endpoints[1]', ' (line 9)'],
    ['services.users.endpoints[1].weight', ' (line 10)'],
  ];
  for (const [path, line] of cases) assert.equal(lineOf(path), line);
});

test('what is missing gets the line of what it is missing from', () => {
  assert.equal(lineOf('services.users.endpoints[7].weight'), ' (line 7)');
  assert.equal(lineOf('routes'), '');
  assert.equal(lineOf(''), '');
});

test('JSON has lines, too', () => {
  assert.equal(lineOf('a.b[1]', '{\n "a": {\n  "b": [1,\n   2]}}'), ' (line 4)');
});

test('a long text is not read again', () => {
  assert.equal(lineOf('a', `a: 1\n#${'x'.repeat(1024 * 1024)}`), '');
});

test('a path is read back from its own text', () => {
  const step = fc.oneof(fc.nat(), fc.string({ minLength: 1 }), fc.constantFrom('a', 'a.b', '[0]', '"', '\\', 'a-b'));
  fc.assert(fc.property(fc.array(step), (path) => assert.deepEqual(parsePath(formatPath(path)), path)));
});
