/** Whatever comes, the engine does not throw, takes time in proportion to its length, and keeps nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../base/random.ts';
import { inspectRequest } from '../../../test/support/waf-request.ts';
import { Inspection } from './inspection.ts';
import { IN_BODY } from './rule.ts';
import { RULES } from './rule-list.ts';
import { RuleSet } from './rule-set.ts';

const TYPES = [
  '',
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=X',
  'text/plain',
  'application/xml',
  'multipart/form-data',
  'multipart/form-data; boundary=X; boundary=Y',
];
const PIECES = [
  ...new Set(RULES.flatMap(({ words, matches }) => [...words, ...matches])),
  '%',
  '%25',
  '%c0%af',
  '%u0027',
  '&#',
  '&#x3c;',
  '\\u',
  '\\x3',
  '/*',
  '*/',
  '--X\r\n',
  '\r\n',
  '"',
  '\\',
  '{',
  '[',
  '=',
  '&',
  ';',
  '\0',
  '\ud800',
  '＜',
];

const hostile = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 60 })
  .map((pieces) => pieces.join(''));

test('never throws, and finds the same each time', () => {
  fc.assert(
    fc.property(hostile, hostile, fc.constantFrom(...TYPES), (query, body, type) => {
      const request = { path: `/${query}`, query, headers: { cookie: query, referer: body, 'x-odd': body }, type, body };
      const first = inspectRequest(request, 4);
      const second = inspectRequest(request, 4);
      assert.deepEqual(second.findings, first.findings);
      assert.ok(first.findings.length <= 32 && first.findings.every(({ sample }) => sample.length <= 64));
    }),
    { numRuns: 600 },
  );
});

/** Texts that make as many rules as possible look as often as possible, and find nothing. */
function worst(length: number, seed: number): string {
  const random = seededRandom(seed);
  const words = [...new Set(RULES.flatMap((rule) => rule.words))];
  let text = '';
  while (text.length < length) text += `${words[Math.floor(random() * words.length)]!}${'x '.repeat(Math.floor(random() * 3))}`;
  return text.slice(0, length);
}

const CASES: readonly (readonly [string, (length: number) => string])[] = [
  ['words of all rules', (length) => worst(length, 5)],
  ['one quote and many words', (length) => `'${worst(length, 6).replaceAll(/['"`]/g, '')}`],
  ['nested entities', (length) => '&#x26;amp;'.repeat(length / 10)],
  ['escapes within escapes', (length) => '%2525'.repeat(length / 5)],
  ['comments that do not end', (length) => '/*'.repeat(length / 2)],
  ['dots and slashes', (length) => '.././'.repeat(length / 5)],
  ['backslashes', (length) => '\\'.repeat(length)],
  ['opening quotes', (length) => '"\\'.repeat(length / 2)],
  ['spaces', (length) => `union${' '.repeat(length)}`],
  ['open tags', (length) => '<a '.repeat(length / 3)],
  ['dollars', (length) => '${'.repeat(length / 2)],
];
const MIB = 1 << 20;

for (const [name, make] of CASES) {
  test(`1 MiB of ${name} takes no more than its share of time, in every kind of content`, () => {
    for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=X']) {
      const [short, long] = [make(MIB / 8), make(MIB)];
      const body = (text: string): string =>
        type.startsWith('multipart')
          ? `--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n${text}`
          : type.endsWith('json')
            ? `{"a":"${text}`
            : `a=${text}`;
      const time = (text: string): number => {
        const start = process.cpuUsage();
        inspectRequest({ type, body: body(text) }, 4, true);
        const { user, system } = process.cpuUsage(start);
        return (user + system) / 1000;
      };
      time(short);
      const shortMs = Math.min(time(short), time(short));
      const longMs = time(long);
      assert.ok(
        longMs <= Math.max(600, shortMs * 8 * 6),
        `${type}: ${longMs.toFixed(0)} ms for 1 MiB, ${shortMs.toFixed(0)} ms for an eighth`,
      );
    }
  });
}

test('what costs too much to look at is refused', () => {
  const rules = new RuleSet(4);
  const inspection = new Inspection(rules, { paranoia: 4, threshold: 1_000_000, isThorough: true, exclusions: [] }, '/');
  for (let index = 0; index < 200; index++) inspection.text(worst(20_000, index), IN_BODY, 'a');
  assert.ok(inspection.isOver);
  assert.ok(inspection.findings.some(({ id }) => id === 2008 || id === 2005));
});

test('more texts than are looked at are refused', () => {
  const body = JSON.stringify(Array.from({ length: 10_100 }, (_, index) => `x.${index}`));
  assert.deepEqual(
    inspectRequest({ type: 'application/json', body }, 1).findings.map(({ id }) => id),
    [2005],
  );
});
