import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ListenerPlan, NO_CHALLENGES } from '../../config/plan.ts';
import type { CertificatePlan, TlsPlan } from '../../config/tls-plan.ts';
import { listenerPlan, servicePlan, testPlan } from '../../../test/support/plans.ts';
import { overlayCertificates } from './certificate-overlay.ts';

const NOTHING = { challenges: NO_CHALLENGES, staple: () => null };

const certificate = (fingerprint: string | null): CertificatePlan => ({
  source: { kind: 'acme', names: ['a.test'] },
  names: ['a.test'],
  ocsp: 'on',
  material: fingerprint === null ? null : ({ fingerprint, ocspResponse: null } as CertificatePlan['material']),
});

function planWith(...certificates: CertificatePlan[]) {
  const secure: ListenerPlan = { ...listenerPlan('secure', 443), tls: { certificates } as unknown as TlsPlan };
  return { ...testPlan([servicePlan('web', [])]), listeners: [listenerPlan('clear', 80), secure] };
}

test('a plan that needs nothing is the same object', () => {
  const plan = planWith(certificate('f1'), certificate(null));
  assert.equal(overlayCertificates(plan, NOTHING), plan);
});

test('an answer is stapled to its own certificate; other listeners stay the same objects', () => {
  const plan = planWith(certificate('f1'), certificate('f2'), certificate(null));
  const laid = overlayCertificates(plan, { ...NOTHING, staple: (fingerprint) => (fingerprint === 'f2' ? 'AAEC' : null) });
  assert.equal(laid.listeners[0], plan.listeners[0]);
  const { tls } = laid.listeners[1] as { tls: TlsPlan };
  assert.deepEqual(
    tls.certificates.map(({ material }) => material?.ocspResponse),
    [null, 'AAEC', undefined],
  );
  assert.equal(laid.acmeChallenges, plan.acmeChallenges);
});

test('proofs touch no listener', () => {
  const plan = planWith(certificate('f1'));
  const challenges = { http: [{ token: 't', keyAuthorization: 't.k' }], tls: [] };
  const laid = overlayCertificates(plan, { ...NOTHING, challenges });
  assert.deepEqual(laid.acmeChallenges, challenges);
  assert.equal(laid.listeners, plan.listeners);
});
