/** Every input that ever failed, and a short run of fresh ones from a fixed seed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/base/random.ts';
import { cutDifference, disagreement } from './compare.ts';
import { generateCuts, generateInput } from './generate.ts';
import { NodeReader } from './node-reader.ts';
import { loadRegressions } from './regressions.ts';
import { readWithSluice } from './sluice-reader.ts';

for (const { name, text, cuts, found } of loadRegressions()) {
  test(`fuzz regression ${name}: ${found.slice(0, 80)}`, async () => {
    const bytes = Buffer.from(text, 'latin1');
    const whole = readWithSluice(bytes);
    const [node] = await new NodeReader().read([bytes]);
    assert.equal(disagreement(whole, node!), null);
    assert.equal(cutDifference(whole, readWithSluice(bytes, cuts)), null);
  });
}

test('the two readers are compared on inputs that both accept and both refuse', async () => {
  const random = seededRandom(1);
  const inputs = Array.from({ length: 500 }, () => generateInput(random));
  const readings = await new NodeReader().read(inputs);
  const wholes = inputs.map((bytes) => readWithSluice(bytes));
  const complete = wholes.filter((reading) => reading.requests.some((each) => each.isComplete && each.body !== ''));
  assert.ok(complete.length > 50, `the generator must reach bodies, it did in ${complete.length} of 500`);
  assert.ok(wholes.filter((reading) => reading.fault !== null).length > 100, 'the generator must make hostile input');
  assert.ok(readings.filter((reading) => reading.fault !== null).length > 100, 'Node must refuse some, else it is not listening');
  for (const bytes of inputs) {
    const cuts = generateCuts(random, bytes.length);
    assert.equal(cutDifference(readWithSluice(bytes), readWithSluice(bytes, cuts)), null);
  }
});

test('the comparison notices a reader that sees something else', () => {
  const bytes = Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
  const [own, other] = [readWithSluice(bytes), readWithSluice(bytes)];
  other.requests[0]!.body = 'hell';
  assert.match(disagreement(own, other) ?? '', /body/);
});
