import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timestamp } from '../base/time.ts';
import type { ListenerPlan, Plan } from '../config/plan.ts';
import type { CertificatePlan, TlsPlan } from '../config/tls-plan.ts';
import { listenerPlan, testPlan } from '../../test/support/plans.ts';
import { certificateFacts, certificateStatus } from './certificate-status.ts';

const NOW = timestamp(1_795_000_000_000);
const DAY_MS = 86_400_000;

function certificate(names: readonly string[], days: number | null, source: CertificatePlan['source']): CertificatePlan {
  const material = days === null ? null : { notAfter: NOW + days * DAY_MS, ocspResponse: days > 50 ? 'AA' : null };
  return { source, names, ocsp: 'auto', material: material as CertificatePlan['material'] };
}

const acme = (...names: string[]): CertificatePlan['source'] => ({ kind: 'acme', names });

function planOf(...certificates: CertificatePlan[]): Plan {
  const secure: ListenerPlan = { ...listenerPlan('secure', 443), tls: { certificates } as unknown as TlsPlan };
  return { ...testPlan([]), listeners: [listenerPlan('clear', 80), secure] };
}

test('a certificate shows where it is from, when it ends, and how its order stands', () => {
  const plan = planOf(
    certificate(['a.test'], 60, { kind: 'files', cert: 'c', key: 'k' }),
    certificate(['b.test', 'c.test'], null, acme('b.test', 'c.test')),
  );
  const order = { phase: 'waiting', notAfter: null, nextAttempt: timestamp(NOW + DAY_MS), failures: 2, lastError: 'no' } as const;
  assert.deepEqual(
    certificateStatus(plan, { orderStatus: (names) => ({ names, ...order }) }),
    [
      { source: 'files', names: ['a.test'], notAfter: '2027-01-17T11:06:40.000Z', nextAttempt: null, lastError: null, isStapled: true },
      {
        source: 'acme',
        names: ['b.test', 'c.test'],
        notAfter: null,
        nextAttempt: '2026-11-19T11:06:40.000Z',
        lastError: 'no',
        isStapled: false,
      },
    ].map((one) => ({ listener: 'secure', ...one })),
  );
});

test('of two with the same first name, the one that ends first counts; one that is not there has no time', () => {
  const plan = planOf(
    certificate(['a.test'], 60, acme('a.test')),
    certificate(['a.test'], 3, acme('a.test')),
    certificate(['b.test'], null, acme('b.test')),
  );
  assert.deepEqual(certificateFacts(plan, NOW), [{ listener: 'secure', name: 'a.test', secondsLeft: 3 * 86_400 }]);
});
