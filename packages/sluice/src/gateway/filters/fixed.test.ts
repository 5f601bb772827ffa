import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { stageFilters } from '../../../test/support/filter-stage.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-fixed-'));
after(() => rmSync(directory, { recursive: true, force: true }));

test('a route with a fixed reply needs no service; its types are guessed', async (t) => {
  const file = join(directory, 'page.svg');
  writeFileSync(file, Buffer.from([0xff, 0x00, 0x0a]));
  for (const [fixed, status, type, body] of [
    [503, 503, undefined, ''],
    [{ body: 'grüß dich' }, 200, 'text/plain; charset=utf-8', 'grüß dich'],
    [{ status: 404, body: '<h1>no</h1>' }, 404, 'text/html; charset=utf-8', '<h1>no</h1>'],
    [{ json: { a: [1, 'é'] } }, 200, 'application/json', '{"a":[1,"é"]}'],
    [{ body: 'x', headers: { 'content-type': 'text/x' } }, 200, 'text/x', 'x'],
    [{ file }, 200, 'image/svg+xml', Buffer.from([0xff, 0x00, 0x0a]).toString()],
  ] as const) {
    const world = await stageFilters(t, [], { routes: [{ path: '/*', filters: [{ fixed }] }] });
    const answer = await world.ask('/');
    assert.deepEqual([answer.status, answer.headers['content-type'], answer.body], [status, type, body]);
    const head = await world.ask('/', { method: 'HEAD' });
    assert.deepEqual([head.body, head.headers['content-length']], ['', String(answer.bytes.length)]);
  }
});

test('two bodies, and files that are not there or too large, are faults', async (t) => {
  const large = join(directory, 'large');
  writeFileSync(large, Buffer.alloc(1024 * 1024 + 1));
  for (const [fixed, message] of [
    [{ body: 'a', json: 1 }, /at most one of body, json and file, but has body and json/],
    [{ file: join(directory, 'none') }, /file .*none.* does not exist; check the path/],
    [{ file: large }, /is a file of 1048577 bytes: at most 1048576/],
    [{ status: 99 }, /must be a whole number 200\.\.599/],
  ] as const) {
    await assert.rejects(stageFilters(t, [{ fixed }]), message);
  }
});
