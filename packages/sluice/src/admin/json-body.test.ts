import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { readMembers, textMapMember, textMember, textsMember } from './json-body.ts';

const READERS = { command: textsMember(10, 100), env: textMapMember(10, 100), image: textMember(10) };

function refusal(body: string): string {
  const members = readMembers(body, READERS, '{}');
  return typeof members === 'string' ? members : 'taken';
}

test('what is refused of a command or an environment is not shown', () => {
  equal(refusal('{"env":{"KEY":"hunter2","PORT":5}}'), 'env must be an object of at most 10 texts, got an object of 2');
  equal(refusal('{"env":{"A=B":"hunter2"}}'), 'env must be an object of at most 10 texts, got an object of 1');
  equal(refusal('{"command":["node","--key=hunter2",5]}'), 'command must be a list of 1 to 10 texts, got a list of 3');
});

test('what is refused of a text is shown in part', () => {
  equal(refusal(`{"image":"${'x'.repeat(200_000)}"}`), `image must be a text of at most 10 characters, got "${'x'.repeat(99)}…`);
  equal(refusal('{"image":7}'), 'image must be a text of at most 10 characters, got 7');
});

test('a name that every object has is a name like any other', () => {
  equal(refusal('{"__proto__":{"image":"x"}}'), 'unknown member "__proto__"; the body may have command, env, image');
  const members = readMembers('{"env":{"__proto__":"x","constructor":"y"}}', READERS, '{}');
  deepEqual(typeof members === 'string' ? members : Object.entries(members.env ?? {}), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ]);
});
