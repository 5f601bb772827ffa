/** A short run of fresh HTTP/2 inputs from a fixed seed, and proof that the comparison can fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { data, headers, POST } from '../support/http2.ts';
import { generateCuts } from './generate.ts';
import { generateFrames } from './http2-generate.ts';
import { brokenRule, disagreement, readWithNode, readWithSluice } from './http2-readers.ts';

test('both roles keep their rules on frames right and wrong', () => {
  const random = seededRandom(3);
  for (let count = 0; count < 1_000; count++) {
    const isServer = count % 2 === 0;
    const bytes = generateFrames(random, isServer);
    assert.equal(brokenRule(bytes, generateCuts(random, bytes.length), isServer), null, bytes.toString('hex'));
  }
});

test('what both take for a whole request is the same one, and there are many of them', async () => {
  const random = seededRandom(4);
  let both = 0;
  for (let count = 0; count < 400; count++) {
    const bytes = generateFrames(random, true);
    const own = readWithSluice(bytes);
    const node = await readWithNode(bytes);
    assert.equal(disagreement(own, node), null, bytes.toString('hex'));
    for (const [id, request] of own) if (request.isWhole && node.get(id)?.isWhole === true) both++;
  }
  assert.ok(both > 50, `${both} whole in both`);
});

test('the comparison notices a reader that sees something else', async () => {
  const bytes = Buffer.concat([headers(1, POST, false), data(1, 'hello', true)]);
  const node = await readWithNode(bytes);
  assert.equal(node.get(1)?.isWhole, true);
  node.get(1)!.content = 'hell';
  assert.match(disagreement(readWithSluice(bytes), node) ?? '', /content/);
});
