/** Whole screens of `sluice top` as golden files (UPDATE_GOLDEN=1 makes them anew), and what holds for every size and every name. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { INSTANCE, topWorld } from '../../test/support/top-world.ts';
import { paintedScreen, plainScreen } from './top-paint.ts';
import { printedLines, screenLines, type ScreenSize } from './top-screen.ts';
import { FIRST_STATE, type TopState } from './top-state.ts';
import { lineWidth } from './top-text.ts';
import { EMPTY_WORLD, lost, type TopWorld } from './top-world.ts';

const NOW = Date.UTC(2026, 10, 20, 8, 30, 0);
const SIZES: readonly ScreenSize[] = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 60, rows: 20 },
];
const STATES: Readonly<Record<string, Partial<TopState>>> = {
  services: { service: 'checkout' },
  service: { page: 'service', service: 'shop' },
  help: { isHelp: true },
};

function holdsGolden(name: string, text: string): void {
  const file = new URL(`golden/${name}.txt`, import.meta.url);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);
  assert.ok(existsSync(file), `${name}: there is no golden file; UPDATE_GOLDEN=1 makes it`);
  assert.equal(text, readFileSync(file, 'utf8'));
}

for (const size of SIZES) {
  for (const [name, state] of Object.entries(STATES)) {
    test(`${name} on ${size.columns} columns and ${size.rows} lines is as its golden file`, () => {
      const lines = screenLines(topWorld(NOW), { ...FIRST_STATE, ...state }, size, NOW);
      assert.equal(lines.length, size.rows);
      holdsGolden(`top-${name}-${size.columns}x${size.rows}`, plainScreen(lines));
    });
  }
}

test('text for files has all services, nothing chosen and no keys', () => {
  const text = plainScreen(printedLines(topWorld(NOW), 80, NOW));
  holdsGolden('top-once', text);
  assert.doesNotMatch(text, /^> |q quit/m);
});

function screen(world: TopWorld, state: Partial<TopState> = {}, now = NOW): string {
  return plainScreen(screenLines(world, { ...FIRST_STATE, ...state }, { columns: 80, rows: 24 }, now));
}

test('a lost Sluice is said in the header, with what was known last and for how long', () => {
  const text = screen(lost(topWorld(NOW), 'no sluice answers on 127.0.0.1:9900'), {}, NOW + 12_000);
  assert.match(text, /^sluice 0\.1\.0  up 1h1m .* DISCONNECTED$/m);
  assert.match(text, /^last heard 12s ago: no sluice answers on 127\.0\.0\.1:9900$/m);
  assert.match(text, /checkout/);
});

test('what holds still says for how long, and its Sluice does not grow older', () => {
  const [held, live] = [topWorld(NOW), topWorld(NOW + 125_000)];
  const text = screen(live, { held }, NOW + 125_000);
  assert.match(text, /^sluice 0\.1\.0  up 1h1m .* PAUSED 2m5s$/m);
});

test('figures that do not come although the connection stands are said to be old', () => {
  assert.match(screen(topWorld(NOW), {}, NOW + 8_000), /SILENT 8s$/m);
});

test('nothing known yet is said so', () => {
  assert.match(screen(EMPTY_WORLD), /^waiting for the first figures$/m);
});

test('no name and no reason reaches the terminal with anything that steers it, and no line is longer than the terminal', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 90 }),
    fc.string({ unit: 'binary', maxLength: 90 }),
    fc.constantFrom(
      '\x1b[2J\x1b[Hgone',
      '\x1b]0;title\x07x',
      '\r\nforged',
      '\x9b31mred',
      '\u202egnol',
      'a\tb',
      '\ud800',
      '名前'.repeat(40),
    ),
  );
  const size = fc.record({ columns: fc.integer({ min: 1, max: 200 }), rows: fc.integer({ min: 1, max: 60 }) });
  const property = fc.property(
    hostile,
    hostile,
    size,
    fc.constantFrom(...Object.values(STATES)),
    (name, reason, { columns, rows }, state) => {
      const world = topWorld(NOW, name, reason);
      const lines = screenLines(world, { ...FIRST_STATE, ...state, service: name }, { columns, rows }, NOW);
      assert.equal(lines.length, rows);
      for (const line of lines) assert.ok(lineWidth(line) <= columns, JSON.stringify(line));
      const painted = paintedScreen(lines, columns, true);
      // What remains when our own sequences are gone.
      const rest = painted.replaceAll(/\x1b\[(?:H|K|\d?m|3[123]m)/g, '').replaceAll('\r\n', '');
      assert.doesNotMatch(rest, /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      assert.ok(rest.isWellFormed());
    },
  );
  fc.assert(property, { numRuns: 300 });
});

test('without colours a screen has no other sequences than those that place it', () => {
  const painted = paintedScreen(screenLines(topWorld(NOW), FIRST_STATE, SIZES[0]!, NOW), 80, false);
  assert.deepEqual([...new Set(painted.match(/\x1b\[[^A-Za-z]*[A-Za-z]/g))].sort(), ['\x1b[H', '\x1b[K']);
});

test('a line that fills the terminal is not followed by an erasure, which would take its last character', () => {
  assert.equal(paintedScreen([[{ text: 'abc', look: null }], [{ text: 'ab', look: null }]], 3, false), '\x1b[Habc\r\nab\x1b[K');
});

test('an instance without an address stands in the list of its service, with what is wrong', () => {
  const text = screen(topWorld(NOW), { page: 'service', service: 'shop' });
  assert.match(text, /shop\.3 +waiting +- +-/);
  assert.ok(text.includes(INSTANCE.trouble.slice(0, 50)));
});
