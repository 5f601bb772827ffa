import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RUN } from '../../../test/support/fleet-stage.ts';
import { VersionBook } from './version-book.ts';

const names = (book: VersionBook) => book.all.map(({ name }) => name);

const previous = (book: VersionBook) => book.previous?.name ?? null;

function book(...current: readonly string[]): VersionBook {
  return new VersionBook(current.map((name) => ({ name, run: RUN })));
}

test('names go up, pass over those that are taken, and never come again', () => {
  const versions = book('v1');
  assert.equal(versions.create(RUN).name, 'v2');
  assert.equal(versions.create(RUN, 'v3').name, 'v3');
  assert.equal(versions.create(RUN).name, 'v4');
  assert.equal(book('blue', 'v7').create(RUN).name, 'v8');
});

test('a name is refused with the reason', () => {
  const versions = book('v1');
  assert.equal(versions.refuse('2026-11_a.b'), null);
  assert.match(versions.refuse('v1')!, /there is a version "v1" already/);
  for (const name of ['', '.hidden', 'a b', '__proto__', 'constructor', 'x'.repeat(64)])
    assert.match(versions.refuse(name)!, /must be 1\.\.63/);
});

test('what was current before is what was, not what failed', () => {
  const versions = book('v1');
  assert.equal(previous(versions), null);
  versions.create(RUN);
  assert.deepEqual([versions.current.name, previous(versions)], ['v1', null], 'not current yet');
  versions.create(RUN);
  versions.makeCurrent('v3');
  assert.deepEqual([versions.current.name, previous(versions)], ['v3', 'v1']);
  versions.makeCurrent('v1');
  assert.deepEqual([versions.current.name, previous(versions)], ['v1', 'v3']);
  assert.deepEqual(
    versions.record('v1').map(({ name }) => name),
    ['v3', 'v1'],
    'the failed one is not kept',
  );
  const next = versions.create(RUN).name;
  assert.deepEqual(
    versions.record(next).map(({ name }) => name),
    ['v3', 'v1', 'v4'],
  );
});

test('the oldest are forgotten, the new one and the current one never', () => {
  const versions = book('v1');
  for (let made = 0; made < 50; made++) versions.create(RUN);
  assert.equal(versions.all.length, 20);
  assert.equal(versions.current.name, 'v1');
  assert.equal(versions.find('v51')?.name, 'v51');
  for (let made = 0; made < 50; made++) versions.makeCurrent(versions.create(RUN).name);
  assert.deepEqual([versions.all.length, versions.current.name, previous(versions)], [20, 'v101', 'v100']);
  assert.equal(names(versions)[0], 'v82');
});

test('all versions live by the settings of now', () => {
  const versions = book('v1');
  versions.create({ ...RUN, command: ['other'] });
  versions.relive({ ...RUN, drainTimeoutMs: 7, command: ['configured'] });
  assert.deepEqual(
    versions.all.map(({ run }) => [run.drainTimeoutMs, 'command' in run && run.command]),
    [
      [7, ['other']],
      [7, ['serve']],
    ],
  );
});
