import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileEdits, dropsOf, keptLines } from './header-edits.ts';

test('set is a removal and an addition; names are removed in any case', () => {
  const edits = compileEdits({
    remove: ['a'],
    set: [['X-B', 'c']],
    add: [
      ['D', 'e'],
      ['D', 'f'],
    ],
  });
  assert.deepEqual(edits, { drops: ',a,x-b,', lines: 'X-B: c\r\nD: e\r\nD: f\r\n' });
});

test('no edits cost nothing and are one object', () => {
  assert.deepEqual(compileEdits(undefined), { drops: '', lines: '' });
  assert.equal(compileEdits({ remove: [], set: [], add: [] }), compileEdits(undefined));
});

test('lines of our own stay unless they are named, whole and in any case', () => {
  const lines = 'Via: 1.1 v\r\nX-Forwarded-For: a: b\r\nX-F: c\r\n';
  assert.equal(keptLines(lines, ''), lines);
  assert.equal(keptLines(lines, ',x-forwarded-for,'), 'Via: 1.1 v\r\nX-F: c\r\n');
  assert.equal(keptLines(lines, ',via,x-f,'), 'X-Forwarded-For: a: b\r\n');
  assert.equal(keptLines(lines, ',x-forwarded,'), lines);
  assert.equal(keptLines('', ',via,'), '');
  assert.equal(keptLines('X_F.g: c\r\nX_H: d\r\n', ',x-f-g,'), 'X_H: d\r\n', 'aliases go with them');
});

test('a list of what nobody else may say has each name as it is written and as its aliases are read', () => {
  assert.equal(dropsOf([]), '');
  assert.equal(dropsOf(['X-User', 'x_Role.id', 'x-user']), ',x-user,x_role.id,x-role-id,');
});
