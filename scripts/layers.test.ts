import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLayers } from './layers.ts';

/** Findings for files under packages/sluice/src, as `file:line: message`. */
function check(files: Record<string, string>): string[] {
  const texts = Object.entries(files).map(
    ([file, text]) => [file.startsWith('packages/') ? file : `packages/sluice/src/${file}`, text] as const,
  );
  return checkLayers(new Map(texts)).map(({ file, line, message }) => `${file.replace('packages/sluice/src/', '')}:${line}: ${message}`);
}

/** Asserts that there is exactly one finding and that it matches. */
function finds(files: Record<string, string>, pattern: RegExp): void {
  const found = check(files);
  assert.equal(found.length, 1, `one finding, got ${JSON.stringify(found)}`);
  assert.match(found[0]!, pattern);
}

test('imports that point to lower ranks are clean', () => {
  const found = check({
    'base/hash.ts': 'export const a = 1;',
    'core/x.ts': "import { a } from '../base/hash.ts'; export const b = a;",
    'io/y.ts':
      "import net from 'node:net'; import pino from 'pino'; export { b } from '../core/x.ts'; export const t = setTimeout; void net; void pino;",
    'cli/main.ts': "import '../io/y.ts'; import '../index.ts';",
    'index.ts': "export * from './core/x.ts';",
  });
  assert.deepEqual(found, []);
});

test('an import of a higher rank is named with its line and both ranks', () => {
  finds(
    { 'core/x.ts': "\n\nimport type { Plan } from '../config/plan.ts';\nexport type P = Plan;" },
    /^core\/x\.ts:3: core \(rank 1\) must not import config \(rank 2\)/,
  );
});

test('neighbours of one rank never import each other', () => {
  for (const [a, b] of [
    ['gateway', 'control'],
    ['control', 'nameserver'],
    ['config', 'observe'],
    ['io', 'clients'],
    ['admin', 'sim'],
  ] as const) {
    finds({ [`${a}/x.ts`]: `import '../${b}/y.ts';` }, /neighbours never import each other/);
    finds({ [`${b}/x.ts`]: `export * from '../${a}/y.ts';` }, /neighbours never import each other/);
  }
});

test('every form of import is seen', () => {
  for (const form of [
    "import x from 'S'",
    "import type { X } from 'S'",
    "export { x } from 'S'",
    "export type * from 'S'",
    "await import('S')",
    "type T = import('S').T",
  ]) {
    finds({ 'base/x.ts': form.replace('S', '../core/y.ts') }, /base \(rank 0\) must not import core \(rank 1\)/);
  }
});

test('an import in a comment or a string is not one', () => {
  assert.deepEqual(
    check({
      'base/x.ts':
        "// import '../core/y.ts'\nexport const a = \"import '../core/y.ts'\"; /* Math.random() */ export const b = 'Date.now()';",
    }),
    [],
  );
});

test('pure layers import no node module; their tests may', () => {
  for (const folder of ['base', 'core', 'config', 'observe']) {
    finds(
      { [`${folder}/x.ts`]: "import type { Socket } from 'node:net'; export type S = Socket;" },
      /must not import node:net; move the I\/O to io/,
    );
    assert.deepEqual(
      check({ [`${folder}/x.test.ts`]: "import 'node:test'; import 'fast-check';", [`${folder}/x.bench.ts`]: "import 'node:os';" }),
      [],
    );
  }
  finds({ 'io/x.ts': "import 'fs';" }, /write "node:fs"/);
});

test('tests keep to the folder rule, and nothing imports a test', () => {
  finds({ 'core/x.prop.test.ts': "import '../gateway/y.ts';" }, /core \(rank 1\) must not import gateway/);
  finds({ 'core/x.ts': "import './y.test.ts';" }, /imports the test file/);
});

test('pure layers import only the libraries that the table names', () => {
  finds({ 'core/x.ts': "import { z } from 'zod'; void z;" }, /core must not import the library zod; it may import: re2js, ipaddr\.js/);
  assert.deepEqual(check({ 'config/x.ts': "import { z } from 'zod'; void z;" }), []);
});

test('ambient clocks, timers and randomness are found in pure layers', () => {
  for (const use of [
    'Date.now()',
    'new Date()',
    'Math.random()',
    'setTimeout(f, 1)',
    'setInterval(f, 1)',
    'performance.now()',
    'const { now } = performance',
    'process.env',
    'const x = { Date }',
  ]) {
    finds({ 'core/x.ts': `export const f = () => {};\n${use};` }, /^core\/x\.ts:2: core must not use/);
    finds({ 'observe/x.ts': `export const f = () => {};\n${use};` }, /observe must not use/);
    assert.deepEqual(check({ 'core/x.test.ts': use, 'gateway/x.ts': use }), []);
  }
});

test('a property or key named like a global is not a use of it', () => {
  assert.deepEqual(
    check({ 'core/x.ts': 'export const f = (o: { Date: number }) => o.Date; export const o = { Date: 1, setTimeout: 2, process() {} };' }),
    [],
  );
});

test('formatting a given time is allowed in observe and config, not in core', () => {
  assert.deepEqual(check({ 'observe/x.ts': 'export const f = (t: number) => new Date(t).toISOString();' }), []);
  finds({ 'core/x.ts': 'export const f = (t: number) => new Date(t).toISOString();' }, /core must not use Date/);
});

test('import cycles are found, type-only ones included', () => {
  finds(
    {
      'core/a.ts': "import type { B } from './b.ts'; export type A = B;",
      'core/b.ts': "export * from './c.ts';",
      'core/c.ts': "import type { A } from './a.ts'; export type B = A;",
    },
    /core\/c\.ts:1: import cycle: .*a\.ts -> .*b\.ts -> .*c\.ts -> .*a\.ts/,
  );
});

test('the kit never imports sluice, by name or by path', () => {
  finds({ 'packages/kit/src/x.ts': "import { defineConfig } from 'sluice';" }, /packages\/kit must not import sluice/);
  finds({ 'packages/kit/src/x.ts': "import type { Plan } from '../../sluice/src/config/plan.ts';" }, /must stay inside packages\/kit\/src/);
  finds({ 'cli/x.ts': "import '@sluice/kit';" }, /packages\/sluice must not import @sluice\/kit/);
});

test('a folder that the table does not know is a finding', () => {
  finds({ 'misc/x.ts': '' }, /folder "misc" is not in the layer table/);
});

test('an import without its file ending is a finding', () => {
  finds({ 'core/x.ts': "import './y';" }, /without its ending/);
});
