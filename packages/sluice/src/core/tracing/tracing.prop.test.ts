import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../base/random.ts';
import { SlowThreshold } from './slow-threshold.ts';
import { attributeStart, SpanJson } from './span-json.ts';
import { formatTraceParent, parseTraceParent } from './trace-context.ts';
import { TraceIds } from './trace-ids.ts';
import { keptTraceState, STATE_CHARACTERS_MAX } from './trace-state.ts';

const nearly = fc.stringMatching(/^[0-9a-fA-F]{2}-[0-9a-f]{30,33}-[0-9a-f]{15,17}-[0-9a-f]{1,3}[-.a-z]{0,3}$/);

test('whatever comes, parsing does not throw, and what it takes is read again as it is written', () => {
  fc.assert(
    fc.property(fc.oneof(nearly, fc.string(), fc.string({ unit: 'binary' })), (value) => {
      const parsed = parseTraceParent(value);
      if (parsed === null) return;
      assert.deepEqual(parseTraceParent(formatTraceParent(parsed.traceId, parsed.parentId, parsed.flags)), parsed);
    }),
  );
});

test('a tracestate that is kept is short, and kept again as it is', () => {
  const member = fc.stringMatching(/^[a-z0-9][a-z0-9_*/@-]{0,40}=[ -+.-<>-~]{0,150}[!-+.-<>-~]$/);
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(member, { maxLength: 40 }).map((list) => list.join(' , ')),
        fc.string(),
      ),
      (value) => {
        const kept = keptTraceState(value);
        assert.ok(kept.length <= STATE_CHARACTERS_MAX);
        assert.equal(keptTraceState(kept), kept);
      },
    ),
  );
});

test('ids are valid, and no two are alike', () => {
  const ids = new TraceIds(Uint32Array.of(1, 2, 3, 4, 5));
  const seen = new Set<string>();
  for (let round = 0; round < 50_000; round++) {
    const traceId = ids.traceId();
    const spanId = ids.spanId();
    assert.notEqual(parseTraceParent(formatTraceParent(traceId, spanId, 1)), null);
    seen.add(traceId).add(spanId);
  }
  assert.equal(seen.size, 100_000);
});

test('ids of other seeds are others, those of the same seed the same', () => {
  const first = (seed: number): string => new TraceIds(Uint32Array.of(seed, 2, 3, 4, 5)).traceId();
  assert.equal(first(1), first(1));
  assert.notEqual(first(1), first(9));
});

/** share · n + ln(range) / GAIN, and what is not watched at the start: see `slow-threshold.ts`. */
function passes(durations: readonly number[], share: number): number {
  const threshold = new SlowThreshold(share);
  return durations.filter((duration) => threshold.isSlow(duration)).length;
}

test('about the share that is asked for is slow, whatever the durations are like', () => {
  const count = 100_000;
  for (const share of [0.01, 0.05]) {
    const random = seededRandom(3);
    const shapes: Readonly<Record<string, () => number>> = {
      uniform: () => random() * 100,
      exponential: () => -20 * Math.log(1 - random()),
      heavy: () => 1 / (1 - random()) ** 1.5,
      constant: () => 7,
      bimodal: () => (random() < 0.9 ? 1 : 1_000),
    };
    for (const [name, draw] of Object.entries(shapes)) {
      const durations = Array.from({ length: count }, draw);
      const found = passes(durations, share) / count;
      assert.ok(Math.abs(found - share) < share * 0.15, `${name}: ${found} of ${share}`);
    }
  }
});

test('nobody is slow while it is not known what is usual: the first 2 / share', () => {
  const durations = Array.from({ length: 200 }, (_, index) => index + 1);
  assert.equal(passes(durations, 0.01), 0);
  assert.equal(passes([...durations, 1_000], 0.01), 1);
});

test('a load that becomes a thousand times slower is not all of it slow', () => {
  const durations = Array.from({ length: 20_000 }, (_, index) => (index < 10_000 ? 1 : 1_000) * (1 + (index % 100) / 100));
  const excess = Math.log(2_000) / 0.1;
  assert.ok(passes(durations, 0.01) <= 200 + excess, `${passes(durations, 0.01)}`);
});

test('durations of any kind leave the bound: share · n + ln(range) / gain', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { maxLength: 2_000 }), (durations) => {
      assert.ok(passes(durations, 0.01) <= 0.01 * durations.length + Math.log(3_600_000 / 0.05) / 0.1);
    }),
  );
});

test('whatever clients and configurations write, spans are read as they were written', () => {
  const text = fc.string({ unit: 'binary' });
  const written = fc.record({ name: text, key: text, value: text, state: text, error: text, ms: fc.integer({ min: 0, max: 4e12 }) });
  fc.assert(
    fc.property(fc.array(written, { minLength: 1, maxLength: 5 }), (spans) => {
      const json = new SpanJson();
      for (const { name, key, value, state, error, ms } of spans) {
        json.begin('0af7651916cd43dd8448eb211c80319c', '00f067aa0ba902b7', '', false, state);
        json.describe(name, 1, ms + 0.25, ms);
        json.put(attributeStart(key, 'string'), value);
        json.putNumber(attributeStart('n', 'int'), ms);
        json.end(error);
      }
      const batch = json.take();
      assert.equal(batch.spans, spans.length);
      const read = JSON.parse(`[${batch.json}]`) as readonly Record<string, unknown>[];
      for (const [index, { name, key, value, state, error, ms }] of spans.entries()) {
        const span = read[index]!;
        const nanoseconds = String(BigInt(ms) * 1_000_000n + 250_000n);
        assert.deepEqual(
          [span['name'], span['traceState'] ?? '', (span['status'] as { message?: string }).message ?? ''],
          [name, state, error],
        );
        assert.deepEqual(
          [span['startTimeUnixNano'], span['endTimeUnixNano']].map((one) => BigInt(one as string)),
          [BigInt(nanoseconds), BigInt(nanoseconds)],
        );
        const all = [...(value === '' ? [] : [{ key, value: { stringValue: value } }]), { key: 'n', value: { intValue: ms } }];
        assert.deepEqual(span['attributes'], all);
      }
    }),
  );
});

test('of what is very long, the beginning is written: a span stays small, whoever asks for what', () => {
  const json = new SpanJson();
  json.begin('0af7651916cd43dd8448eb211c80319c', '00f067aa0ba902b7', '', false, '');
  json.describe('G'.repeat(60_000), 2, 1, 2);
  for (const name of ['url.path', 'user_agent.original', 'server.address']) json.put(attributeStart(name, 'string'), 'x'.repeat(60_000));
  json.end('');
  const { json: text } = json.take();
  assert.ok(text.length < 6_000, `${text.length} characters`);
  assert.equal((JSON.parse(text) as { name: string }).name, 'G'.repeat(1_024));
});
