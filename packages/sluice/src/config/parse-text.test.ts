import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ParsedText, parseJson, parseYaml } from './parse-text.ts';

function messages(parsed: ParsedText): string[] {
  return parsed.ok ? [] : parsed.faults.map((fault) => fault.message);
}

test('YAML is read as YAML 1.2: yes and on are texts', () => {
  assert.deepEqual(parseYaml('a: yes\nb: on\nc: 010\n', {}), { ok: true, value: { a: 'yes', b: 'on', c: 10 } });
});

test('an unquoted variable is read as YAML reads it, a quoted one stays text', () => {
  const parsed = parseYaml('workers: ${N}\nsecret: "${N}"\nwatch: ${W:-true}\nhost: ${H}:80\n', { N: '12', H: 'a' });
  assert.deepEqual(parsed, { ok: true, value: { workers: 12, secret: '12', watch: true, host: 'a:80' } });
});

test('a variable cannot bring structure with it', () => {
  assert.deepEqual(parseYaml('a: ${X}\n', { X: '[1, {b: 2}]' }), { ok: true, value: { a: '[1, {b: 2}]' } });
});

test('every missing variable is named with its path', () => {
  assert.deepEqual(
    messages(parseYaml('a:\n  - x\n  - b: ${ONE}\nc: ${TWO}\n', {})).map((message) => message.split(',')[0]),
    ['a[1].b needs the environment variable ONE', 'c needs the environment variable TWO'],
  );
});

test('syntax errors say line and column, and nothing of the source', () => {
  assert.match(messages(parseYaml('a: 1\n b: hunter2\n', {}))[0] ?? '', /^the configuration is not YAML at line 1, column 4: /);
  assert.deepEqual(messages(parseJson('{"token": "hunter2",\n "b": }', {})), ['the configuration is not JSON at line 2, column 7']);
  assert.deepEqual(messages(parseJson('{"a":', {})), ['the configuration is not JSON at line 1, column 6: it ends too early']);
  for (const text of ['token: "hunter2\n', 'a: {token: hunter2', '- hunter2\nb: c']) {
    const all = messages(parseYaml(text, {}));
    assert.ok(all.length > 0, text);
    assert.ok(!all.join().includes('hunter2'), all.join());
  }
});

test('keys that stand twice and unknown tags are faults', () => {
  assert.match(messages(parseYaml('a: 1\na: 2\n', {})).join(), /line 2, column 1: Map keys must be unique/);
  assert.match(messages(parseYaml('a: !!python/object x\n', {})).join(), /Unresolved tag/);
  assert.deepEqual(messages(parseJson('{"services":{"a":{},"a":{}}}', {})), ['service "a": stands twice in its object']);
});

test('a few lines cannot stand for gigabytes', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 9; level++)
    lines.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  assert.match(messages(parseYaml(lines.join('\n'), {})).join(), /alias/);
});

test('nesting deeper than the stack is a fault, not a crash', () => {
  assert.equal(parseYaml('['.repeat(50_000), {}).ok, false);
  assert.equal(parseJson('['.repeat(50_000), {}).ok, false);
  assert.equal(parseJson('['.repeat(50_000) + ']'.repeat(50_000), {}).ok, true);
});

test('a byte order mark is ignored', () => {
  assert.deepEqual(parseJson('\uFEFF{}', {}), { ok: true, value: {} });
  assert.deepEqual(parseYaml('\uFEFFa: 1', {}), { ok: true, value: { a: 1 } });
});

test('a variable in JSON is found however its characters are written', () => {
  for (const text of ['{"a": "${N}"}', '{"a": "\\u0024{N}"}', '{"a": "$\\u007bN}"}', '{"a": "$\\u007BN}"}', '{"\\u0061": "${N}"}']) {
    assert.deepEqual(parseJson(text, { N: '3' }), { ok: true, value: { a: '3' } }, text);
  }
  assert.deepEqual(parseJson('{"a": "$ {N}"}', {}), { ok: true, value: { a: '$ {N}' } });
});
