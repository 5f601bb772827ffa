import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servicePlan } from '../../../test/support/plans.ts';
import type { HealthPlan, ServicePlan } from '../../config/plan.ts';
import type { UpstreamTlsPlan } from '../../config/tls-plan.ts';
import type { ProbeTarget } from '../../io/probe.ts';
import { Watch } from './watch.ts';

const TLS: UpstreamTlsPlan = {
  serverName: null,
  verify: true,
  caFiles: [],
  caPem: '',
  certFile: null,
  keyFile: null,
  certPem: '',
  keyPem: '',
  minVersion: 'TLSv1.2',
};
const TIMES = { intervalMs: 5_000, fastIntervalMs: 500, timeoutMs: 1_000, jitter: 0, rise: 1, fall: 1, initial: 'up' } as const;

function targetOf(service: Partial<ServicePlan>, port: number | null): ProbeTarget {
  const health: HealthPlan = { check: { kind: 'tcp' }, port, ...TIMES };
  const plan = servicePlan('web', ['10.0.0.1:443'], service);
  return new Watch({ key: 'web 10.0.0.1:443', service: plan, serviceSlot: 0, endpoint: plan.endpoints[0]!, slot: 0 }, health).target();
}

test('an endpoint is asked as requests reach it', () => {
  const { address, tls, protocol } = targetOf({ tls: TLS, protocol: 'http2' }, null);
  assert.deepEqual([address, tls, protocol], [{ kind: 'tcp', host: '10.0.0.1', port: 443 }, TLS, 'http2']);
});

test('at a port of its own, in the clear', () => {
  const { address, tls, protocol } = targetOf({ tls: TLS, protocol: 'http2' }, 8081);
  assert.deepEqual([address, tls, protocol], [{ kind: 'tcp', host: '10.0.0.1', port: 8081 }, null, 'http1']);
});
