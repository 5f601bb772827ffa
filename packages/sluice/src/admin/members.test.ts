import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { count, duration, readMembers, text, textMap, texts } from './members.ts';

const MEMBERS = { command: texts(10, 100).optional(), env: textMap(10, 100).optional(), image: text(10).optional() };
const BODY = { kind: 'body', example: '{}' } as const;

function refusal(body: string): string {
  const read = readMembers(MEMBERS, JSON.parse(body), BODY);
  return read.ok ? 'taken' : read.faults.map(({ detail }) => detail).join('; ');
}

test('what is refused of a command or an environment is not shown', () => {
  equal(refusal('{"env":{"KEY":"hunter2","PORT":5}}'), 'env must be an object of at most 10 texts, got an object of 2');
  equal(refusal('{"env":{"A=B":"hunter2"}}'), 'env must be an object of at most 10 texts, got an object of 1');
  equal(refusal('{"command":["node","--key=hunter2",5]}'), 'command must be a list of 1 to 10 texts, got a list of 3');
});

test('what is refused of a text is shown in part', () => {
  equal(refusal(`{"image":"${'x'.repeat(200_000)}"}`), `image must be a text of at most 10 characters, got "${'x'.repeat(99)}…`);
  equal(
    refusal('{"image":7,"command":[]}'),
    'command must be a list of 1 to 10 texts, got a list of 0; image must be a text of at most 10 characters, got 7',
  );
});

test('a name that every object has is a name like any other', () => {
  equal(refusal('{"__proto__":{"image":"x"}}'), 'unknown member "__proto__"; the body may have command, env, image');
  equal(refusal('{"constructor":"x"}'), 'unknown member "constructor"; the body may have command, env, image');
  const read = readMembers(MEMBERS, JSON.parse('{"env":{"constructor":"y"}}'), BODY);
  deepEqual(read.ok ? Object.entries(read.value.env ?? {}) : read.faults, [['constructor', 'y']]);
});

test('numbers and durations of a query are read within their bounds', () => {
  const query = { kind: 'query', example: '?for=1m' } as const;
  const members = { limit: count(1, 5, 2), for: duration('1h') };
  deepEqual(readMembers(members, { for: '1m30s' }, query), { ok: true, value: { limit: 2, for: 90_000 } });
  deepEqual(readMembers(members, { for: '2h', limit: ['1', '2'] }, query), {
    ok: false,
    faults: [
      { parameter: 'limit', detail: 'limit must be a whole number 1..5, got a list of 2' },
      { parameter: 'for', detail: 'for must be a duration such as "30s", at most "1h", got "2h"' },
    ],
  });
  deepEqual(readMembers(members, {}, query), {
    ok: false,
    faults: [{ parameter: 'for', detail: 'the query parameter "for" is missing, for example ?for=1m' }],
  });
});

test('of very many faults some are told, of very long names their beginning', () => {
  const names = Array.from({ length: 50_000 }, (_, index) => [`${index}`, 1] as const);
  const read = readMembers({ for: text(10) }, Object.fromEntries([['x'.repeat(100_000), 1], ...names]), { kind: 'body', example: '{}' });
  ok(!read.ok && read.faults.length === 10 && JSON.stringify(read).length < 5_000);
});
