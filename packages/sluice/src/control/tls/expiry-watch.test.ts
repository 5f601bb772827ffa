import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import { listenerPlan, testPlan } from '../../../test/support/plans.ts';
import type { Plan } from '../../config/plan.ts';
import type { CertificatePlan, TlsPlan } from '../../config/tls-plan.ts';
import { ExpiryWatch } from './expiry-watch.ts';

const DAY_MS = 86_400_000;

function planWith(kind: 'files' | 'dev', notAfter: number): Plan {
  const source = kind === 'files' ? ({ kind, cert: 'a.pem', key: 'a.key' } as const) : ({ kind, names: ['a.example'] } as const);
  const material = {
    certPem: '',
    keyPem: '',
    keyType: 'ec',
    fingerprint: '',
    notBefore: 0,
    notAfter,
    ocspUrl: null,
    mustStaple: false,
    ocspResponse: null,
  } as const;
  const certificate: CertificatePlan = { source, names: ['a.example'], ocsp: 'auto', material };
  const tls = { certificates: [certificate], hosts: [] } as unknown as TlsPlan;
  return testPlan([], { listeners: [{ ...listenerPlan('web', 443), tls }, listenerPlan('plain', 80)] });
}

test('once a day, certificates that end soon or have ended are told of, and ours are made anew', () => {
  const runtime = manualRuntime();
  const said: string[] = [];
  let rereads = 0;
  const say = (level: string, what: string, detail: Readonly<Record<string, string | number | boolean>>): void =>
    void said.push(`${level} ${what} ${detail['listener']} ${detail['names']} ${detail['days'] ?? ''}`.trim());
  const watch = new ExpiryWatch({ runtime, say, reread: () => rereads++ });
  watch.apply(planWith('files', runtime.clock.wall() + 15.5 * DAY_MS));
  watch.start();
  runtime.advance(DAY_MS);
  assert.deepEqual(said, []);
  runtime.advance(DAY_MS);
  assert.deepEqual(said, ['warn certificate-expires web a.example 13']);
  runtime.advance(14 * DAY_MS);
  assert.equal(said.at(-1), 'error certificate-expired web a.example');
  assert.equal(rereads, 0);
  watch.apply(planWith('dev', runtime.clock.wall() + 3 * DAY_MS));
  runtime.advance(DAY_MS);
  assert.equal(rereads, 1);
  watch.stop();
  runtime.advance(DAY_MS);
  assert.equal(rereads, 1);
});
