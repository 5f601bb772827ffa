import assert from 'node:assert/strict';
import { test } from 'node:test';
import { editedEntries, entriesOf, HeaderList } from './header-list.ts';

test('names have no case, several values are joined, and each can be had', () => {
  const list = new HeaderList(entriesOf('X-A: 1\r\nx-a: 2\r\nCookie: a=1\r\ncookie: b=2\r\n'));
  assert.deepEqual([list.get('x-A'), list.get('cookie'), list.get('x-b'), list.has('X-a')], ['1, 2', 'a=1; b=2', null, true]);
  assert.deepEqual(list.getAll('X-A'), ['1', '2']);
  assert.deepEqual([...list][0], ['x-a', '1']);
});

test('only what was touched is a change, and an appended name keeps what it had', () => {
  const list = new HeaderList(entriesOf('a: 1\r\nb: 2\r\nc: 3\r\n'));
  assert.equal(list.changes(), null);
  list.append('A', '4');
  list.delete('b');
  list.set('D', ' 5 ');
  assert.deepEqual(list.changes(), { names: ['a', 'b', 'd'], lines: 'a: 1\r\nA: 4\r\nD: 5\r\n' });
});

test('what others have dropped is not there, under its aliases neither, and what they set is', () => {
  const entries = editedEntries(entriesOf('X_User: forged\r\nx-b: 1\r\n'), ',x-user,', 'X-User: ada\r\n');
  assert.deepEqual(entries, [
    ['x-b', '1'],
    ['X-User', 'ada'],
  ]);
});

test('names and values that would split a message, and fields of the gateway, throw', () => {
  const list = new HeaderList([]);
  for (const value of ['a\r\nb', 'a\0b', 'a\u007f', '€', 'x'.repeat(16_385)]) assert.throws(() => list.set('a', value), TypeError);
  for (const name of ['', 'a b', 'a:', 'ä', 'Connection', 'host', 'transfer-encoding'])
    assert.throws(() => list.append(name, '1'), TypeError);
  list.set('a', 'caf\xe9');
  assert.equal(list.get('a'), 'caf\xe9');
});
