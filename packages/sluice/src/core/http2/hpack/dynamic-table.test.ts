import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DynamicTable } from './dynamic-table.ts';

function add(table: DynamicTable, name: string, value: string): boolean {
  const line = Buffer.from(`${name}: ${value}`, 'latin1');
  return table.add(line, 0, name.length, line.length);
}

/** Lines, newest first. */
function lines(table: DynamicTable): string[] {
  return Array.from({ length: table.count }, (_, index) => {
    const place = table.place(index + 1);
    const text = Buffer.from(table.bytes).toString('latin1', table.places[place], table.places[place + 2]! + 2);
    const nameLength = table.places[place + 1]! - table.places[place]!;
    assert.equal(text.slice(nameLength, nameLength + 2), ': ');
    return text;
  });
}

test('an entry counts its name, its value and 32', () => {
  const table = new DynamicTable(4096);
  add(table, 'custom-key', 'custom-header');
  assert.equal(table.size, 55);
  assert.deepEqual(lines(table), ['custom-key: custom-header\r\n']);
});

test('the oldest leave first, and no more than necessary', () => {
  const table = new DynamicTable(100);
  for (const name of ['a', 'b', 'c']) add(table, name, '1');
  assert.deepEqual([lines(table), table.size], [['c: 1\r\n', 'b: 1\r\n'], 68]);
  add(table, 'd', '');
  assert.deepEqual([lines(table), table.size], [['d: \r\n', 'c: 1\r\n'], 67]);
});

test("an entry of exactly the table's size is kept, a larger one empties the table", () => {
  const table = new DynamicTable(40);
  assert.equal(add(table, 'a', '1234567'), true);
  assert.equal(table.count, 1);
  assert.equal(add(table, 'a', '12345678'), false);
  assert.deepEqual([table.count, table.size], [0, 0]);
});

test('a smaller size evicts at once', () => {
  const table = new DynamicTable(4096);
  for (const name of ['a', 'b', 'c']) add(table, name, '1');
  table.resize(68);
  assert.deepEqual(lines(table), ['c: 1\r\n', 'b: 1\r\n']);
  table.resize(0);
  assert.equal(table.count, 0);
  assert.equal(add(table, 'a', ''), false);
});

test('memory is bounded by two and a half times the size, however many entries pass', () => {
  const table = new DynamicTable(4096);
  for (let turn = 0; turn < 10_000; turn++) add(table, 'n', 'v'.repeat(turn % 300));
  assert.ok(table.bytes.length + table.places.byteLength <= 2.5 * 4096 + 64, `${table.bytes.length + table.places.byteLength}`);
});

test('it keeps what a plain list would keep', () => {
  const entry = fc.tuple(
    fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 20 }),
    fc.string({ unit: 'binary-ascii', maxLength: 400 }),
  );
  const step = fc.oneof({ weight: 9, arbitrary: entry }, { weight: 1, arbitrary: fc.nat(2000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const table = new DynamicTable(1000);
      let list: string[] = [];
      let max = 1000;
      for (const each of steps) {
        if (typeof each === 'number') table.resize((max = each));
        else {
          add(table, ...each);
          list.unshift(`${each[0]}: ${each[1]}\r\n`);
        }
        let size = 0;
        const end = list.findIndex((line) => (size += line.length + 28) > max);
        if (end >= 0) list = list.slice(0, end);
        assert.deepEqual(lines(table), list);
      }
    }),
  );
});
