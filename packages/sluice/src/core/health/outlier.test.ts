import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AssertionError } from '../../base/assert.ts';
import { seededRandom } from '../../base/random.ts';
import { instant } from '../../base/time.ts';
import { OutlierDetector, type OutlierReading, type OutlierRules } from './outlier.ts';

const RULES: OutlierRules = {
  consecutive5xx: 5,
  consecutiveGatewayErrors: 5,
  consecutiveLocalErrors: 5,
  baseEjectionMs: 30_000,
  maxEjectionMs: 300_000,
  maxEjectedShare: 0.5,
  successRate: { minimumHosts: 5, requestVolume: 100, stdevFactor: 1.9 },
  latency: { minimumHosts: 3, requestVolume: 20, factor: 3 },
};

const WELL: OutlierReading = { consecutive5xx: 0, consecutiveGateway: 0, consecutiveLocal: 0, ended: 200, failed: 0, latencySumMs: 2_000 };

function detector(count: number, rules: Partial<OutlierRules> = {}, random = (): number => 0): OutlierDetector {
  const made = new OutlierDetector({ ...RULES, ...rules }, random);
  made.update(Array.from({ length: count }, (_, index) => `e${index}`));
  return made;
}

/** One sweep over e0…: the given readings, the rest well. */
function sweep(outliers: OutlierDetector, count: number, now: number, readings: Record<string, Partial<OutlierReading>> = {}) {
  for (let index = 0; index < count; index++) outliers.observe(`e${index}`, { ...WELL, ...readings[`e${index}`] });
  return outliers.verdicts(instant(now));
}

test('a row of failures ejects at once, with reason and figures', () => {
  const verdict = detector(4).suspect('e1', { consecutive5xx: 5, consecutiveGateway: 0, consecutiveLocal: 0 }, instant(10));
  assert.deepEqual(verdict, { kind: 'eject', endpoint: 'e1', reason: 'consecutive-5xx', figure: 5, limit: 5, ejectionMs: 30_000 });
});

test('the sweep finds a row that nobody reported', () => {
  const [verdict] = sweep(detector(4), 4, 0, { e2: { consecutiveLocal: 9, failed: 9 } });
  assert.equal(verdict?.kind === 'eject' && verdict.reason, 'consecutive-local');
});

test('a rule of 0 is off', () => {
  const outliers = detector(4, { consecutive5xx: 0 });
  assert.equal(outliers.suspect('e1', { consecutive5xx: 999, consecutiveGateway: 0, consecutiveLocal: 0 }, instant(0)), null);
});

test('a success rate below mean - 1.9 × deviation is ejected', () => {
  // Rates 1, 1, 1, 1, 1, 0.4: mean 0.9, deviation 0.2236, limit 0.4751.
  const verdicts = sweep(detector(6), 6, 0, { e5: { failed: 120 } });
  assert.equal(verdicts.length, 1);
  const [verdict] = verdicts;
  assert(verdict?.kind === 'eject' && verdict.endpoint === 'e5' && verdict.reason === 'success-rate');
  assert.equal(verdict.figure.toFixed(4), '0.4000');
  assert.equal(verdict.limit.toFixed(4), '0.4751');
});

test('when all fail alike nobody stands out', () => {
  const failing = { failed: 150 };
  assert.deepEqual(sweep(detector(5), 5, 0, { e0: failing, e1: failing, e2: failing, e3: failing, e4: failing }), []);
});

test('too few endpoints or too few requests are not compared', () => {
  assert.deepEqual(sweep(detector(4, { latency: null }), 4, 0, { e3: { failed: 200 } }), []);
  const few = { ended: 99, failed: 99 };
  assert.deepEqual(sweep(detector(6, { latency: null }), 6, 0, { e5: few }), []);
});

test('a mean latency above 3 × the median of the peers is ejected, a small excess is not', () => {
  const [verdict] = sweep(detector(3), 3, 0, { e1: { latencySumMs: 200 * 31 } });
  assert.deepEqual(verdict, { kind: 'eject', endpoint: 'e1', reason: 'latency', figure: 31, limit: 30, ejectionMs: 30_000 });
  const fast = { latencySumMs: 200 };
  assert.deepEqual(sweep(detector(3), 3, 0, { e0: fast, e1: { latencySumMs: 200 * 5.9 }, e2: fast }), [], '1 ms against 5.9 ms');
});

test('ejections grow with each relapse up to the maximum, and shrink with each quiet sweep', () => {
  const outliers = detector(4, { maxEjectionMs: 80_000 });
  const row = { consecutive5xx: 5, failed: 5 };
  const eject = (now: number): number => {
    const [verdict] = sweep(outliers, 4, now, { e0: row });
    assert(verdict?.kind === 'eject');
    return verdict.ejectionMs;
  };
  assert.equal(eject(0), 30_000);
  assert.deepEqual(sweep(outliers, 4, 29_999), []);
  assert.deepEqual(sweep(outliers, 4, 30_000), [{ kind: 'return', endpoint: 'e0', ejectedMs: 30_000 }]);
  const relapse = (now: number): number => {
    const verdict = outliers.suspect('e0', { consecutive5xx: 5, consecutiveGateway: 0, consecutiveLocal: 0 }, instant(now));
    assert(verdict?.kind === 'eject');
    return verdict.ejectionMs;
  };
  assert.equal(relapse(31_000), 60_000);
  sweep(outliers, 4, 91_000);
  assert.equal(relapse(92_000), 80_000, 'three times 30 s, but 80 s at most');
  sweep(outliers, 4, 172_000);
  for (let quiet = 1; quiet <= 3; quiet++) sweep(outliers, 4, 172_000 + quiet * 10_000);
  assert.equal(relapse(203_000), 30_000, 'forgiven');
});

test('jitter lengthens an ejection by at most a tenth', () => {
  const verdict = detector(4, {}, () => 0.999_999).suspect(
    'e1',
    { consecutive5xx: 5, consecutiveGateway: 0, consecutiveLocal: 0 },
    instant(0),
  );
  assert(verdict?.kind === 'eject');
  assert.equal(Math.round(verdict.ejectionMs), 33_000);
});

test('at the maximum share the next one is spared, and said so', () => {
  const outliers = detector(4, { maxEjectedShare: 0.25 });
  const row = { consecutive5xx: 5, failed: 5 };
  assert.deepEqual(
    sweep(outliers, 4, 0, { e0: row, e1: row }).map(({ kind }) => kind),
    ['eject', 'spare'],
  );
});

test('a lone endpoint is never ejected, one of two may be whatever the share', () => {
  const row = { consecutive5xx: 9, failed: 9 };
  assert.equal(sweep(detector(1, { maxEjectedShare: 1 }), 1, 0, { e0: row })[0]?.kind, 'spare');
  assert.equal(sweep(detector(2, { maxEjectedShare: 0 }), 2, 0, { e0: row })[0]?.kind, 'eject');
});

test('the last one in use is spared, whoever took the others out', () => {
  const outliers = detector(3, { maxEjectedShare: 1 });
  const rows = { consecutive5xx: 5, consecutiveGateway: 0, consecutiveLocal: 0 };
  outliers.setOutOtherwise(new Set(['e0', 'e1']));
  assert.equal(outliers.suspect('e2', rows, instant(0))?.kind, 'spare');
  outliers.setOutOtherwise(new Set(['e0']));
  assert.equal(outliers.suspect('e2', rows, instant(0))?.kind, 'eject');
});

test('an old row of failures, without new ones, does not eject at a later sweep', () => {
  assert.deepEqual(sweep(detector(4), 4, 0, { e2: { consecutiveLocal: 9, failed: 0 } }), []);
});

test('a restored endpoint is back before its time; restoring one that is in does nothing', () => {
  const outliers = detector(3);
  outliers.suspect('e0', { consecutive5xx: 5, consecutiveGateway: 0, consecutiveLocal: 0 }, instant(0));
  assert.deepEqual(outliers.restore('e0', instant(1_000)), { kind: 'return', endpoint: 'e0', ejectedMs: 1_000 });
  assert.equal(outliers.restore('e0', instant(1_000)), null);
});

test('time must not run backwards', () => {
  const outliers = detector(2);
  outliers.verdicts(instant(10));
  assert.throws(() => outliers.verdicts(instant(9)), AssertionError);
});

test('whatever happens, never more than the share are out, never all, and the count agrees with the verdicts', () => {
  const step = fc.record({
    endpoint: fc.nat({ max: 11 }),
    row: fc.integer({ min: 0, max: 8 }),
    failed: fc.integer({ min: 0, max: 200 }),
    latencyMs: fc.integer({ min: 1, max: 500 }),
    waitMs: fc.integer({ min: 0, max: 60_000 }),
    count: fc.integer({ min: 1, max: 12 }),
    kind: fc.constantFrom('sweep', 'suspect', 'restore', 'resize'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.integer(), (steps, share, seed) => {
      let count = 12;
      let now = 0;
      const outliers = detector(count, { maxEjectedShare: share }, seededRandom(seed));
      const out = new Set<string>();
      for (const { endpoint, row, failed, latencyMs, waitMs, kind, count: next } of steps) {
        now += waitMs;
        const name = `e${endpoint}`;
        const rowsOf = { consecutive5xx: row, consecutiveGateway: 0, consecutiveLocal: 0 };
        const before = out.size;
        let verdicts: readonly ({ kind: string; endpoint: string } | null)[] = [];
        if (kind === 'sweep') verdicts = sweep(outliers, count, now, { [name]: { ...rowsOf, failed, latencySumMs: latencyMs * 200 } });
        else if (kind === 'suspect') verdicts = [outliers.suspect(name, rowsOf, instant(now))];
        else if (kind === 'restore') verdicts = [outliers.restore(name, instant(now))];
        else {
          count = next;
          outliers.update(Array.from({ length: count }, (_, index) => `e${index}`));
          for (const gone of out) if (Number(gone.slice(1)) >= count) out.delete(gone);
        }
        for (const verdict of verdicts) {
          if (verdict?.kind === 'eject') {
            assert(!out.has(verdict.endpoint));
            out.add(verdict.endpoint);
            assert(
              out.size <= Math.min(count - 1, Math.max(1, Math.floor(share * count + 1e-9))),
              `${out.size} of ${count} out, share ${share}`,
            );
          } else if (verdict?.kind === 'return') assert(out.delete(verdict.endpoint));
        }
        assert.equal(outliers.ejectedCount, out.size, `after ${kind}, before ${before}`);
      }
    }),
    { numRuns: 300 },
  );
});
