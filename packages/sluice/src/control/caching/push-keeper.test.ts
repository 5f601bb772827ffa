import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../base/random.ts';
import { timestamp } from '../../base/time.ts';
import { CONTROL, createMemoryStore, MemoryStore } from '../../core/caching/memory/memory-store.ts';
import { createPushBoard, PushBoard, pushedKey } from '../../core/caching/push-board.ts';
import { type PushedFile, PushKeeper } from './push-keeper.ts';

const PLACE = { host: '*', prefix: '/s/' };

function world(): {
  readonly keeper: PushKeeper;
  readonly store: MemoryStore;
  readonly board: PushBoard;
  readonly said: readonly string[];
} {
  const buffer = createMemoryStore({ capacityBytes: 2 ** 22, entriesMax: 1_024, objectBytesMax: 100_000, eviction: 's3-fifo', seed: 1 });
  const store = new MemoryStore(buffer, CONTROL);
  const board = new PushBoard(createPushBoard());
  const said: string[] = [];
  const wall = (): ReturnType<typeof timestamp> => timestamp(5);
  return {
    keeper: new PushKeeper({
      name: 'default',
      say: (_level, what, detail) => said.push(`${what} ${JSON.stringify(detail)}`),
      store: () => store,
      board,
      objectBytesMax: 100_000,
      wall,
      random: seededRandom(1),
    }),
    store,
    board,
    said,
  };
}

function begin(keeper: PushKeeper, version: string, place = PLACE): string {
  const begun = keeper.begin(place, version);
  assert.ok(typeof begun !== 'string');
  return begun.id;
}

function put(keeper: PushKeeper, id: string, path: string, text = 'text'): void {
  const writer = keeper.write(id, { path, head: '', tags: [], bodyBytes: text.length, ttlMs: 0 });
  assert.ok(typeof writer !== 'string');
  assert.ok(writer.append(Buffer.from(text)));
  assert.equal(writer.finish(), text.length);
}

function refusal(keeper: PushKeeper, id: string, file: PushedFile): string {
  const writer = keeper.write(id, file);
  assert.ok(typeof writer === 'string');
  return writer;
}

test('nothing of a version is shown before it is', () => {
  const { keeper, board, said } = world();
  const id = begin(keeper, 'v1');
  put(keeper, id, '/s/a');
  assert.deepEqual(board.read(), []);
  assert.equal(keeper.show(id), null);
  assert.deepEqual(board.read(), [{ ...PLACE, id }]);
  assert.deepEqual(said, ['cache: pushed files are shown {"cache":"default","url":"https://*/s/","version":"v1","files":1,"bytes":4}']);
  assert.deepEqual(
    keeper.status().map(({ version, files, bytes, isShown }) => [version, files, bytes, isShown]),
    [['v1', 1, 4, true]],
  );
});

test('one version is shown under a path; others under other paths stay', () => {
  const { keeper, board } = world();
  const ids = [begin(keeper, 'v1'), begin(keeper, 'v2'), begin(keeper, 'v1', { host: '*', prefix: '/other/' })];
  for (const id of ids) assert.equal(keeper.show(id), null);
  assert.deepEqual(new Set(board.read().map(({ id }) => id)), new Set(ids.slice(1)));
});

test('a file that has gone keeps its version from being shown, and says how many', () => {
  const { keeper, store } = world();
  const id = begin(keeper, 'v1');
  put(keeper, id, '/s/a');
  put(keeper, id, '/s/b');
  store.purgeKey(pushedKey('*', '/s/a', id), false);
  assert.match(String(keeper.show(id)), /^1 of 2 files are not in the cache any more/);
  put(keeper, id, '/s/a');
  assert.equal(keeper.show(id), null);
});

test('of many versions the oldest that is not shown goes, with its files', () => {
  const { keeper, store } = world();
  const ids = ['v1', 'v2', 'v3', 'v4'].map((version) => begin(keeper, version));
  for (const id of ids) put(keeper, id, '/s/a');
  keeper.show(ids[0]!);
  begin(keeper, 'v5');
  assert.deepEqual(
    keeper.status().map(({ version }) => version),
    ['v1', 'v3', 'v4', 'v5'],
  );
  assert.equal(store.peek(pushedKey('*', '/s/a', ids[1]!)), null);
  const kept = store.peek(pushedKey('*', '/s/a', ids[0]!));
  assert.equal(kept?.text(), 'text');
  kept?.release();
});

test('files elsewhere, too large, or of no push are refused', () => {
  const { keeper } = world();
  const id = begin(keeper, 'v1');
  const file = { path: '/s/a', head: '', tags: [], bodyBytes: 1, ttlMs: 0 };
  assert.match(refusal(keeper, id, { ...file, path: '/t/a' }), /is not below \/s\//);
  assert.match(refusal(keeper, id, { ...file, bodyBytes: 100_001 }), /larger than 100000 bytes/);
  assert.match(refusal(keeper, 'nope', file), /there is no push "nope"/);
});

test('a file that breaks off is not part of its version', () => {
  const { keeper } = world();
  const id = begin(keeper, 'v1');
  const writer = keeper.write(id, { path: '/s/a', head: '', tags: [], bodyBytes: 10, ttlMs: 0 });
  assert.ok(typeof writer !== 'string' && writer.append(Buffer.from('half')));
  assert.equal(writer.finish(), -1);
  assert.equal(keeper.status()[0]!.files, 0);
});
