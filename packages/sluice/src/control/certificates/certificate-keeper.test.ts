import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test, type TestContext } from 'node:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AcmeSettings } from '../../config/compile.ts';
import type { ListenerPlan, Plan } from '../../config/plan.ts';
import type { CertificatePlan, TlsPlan } from '../../config/tls-plan.ts';
import { nodeRuntime } from '../../io/node-runtime.ts';
import { testAuthority } from '../../../test/support/authority.ts';
import { listenerPlan, testPlan } from '../../../test/support/plans.ts';
import { eventually } from '../../../test/support/waiting.ts';
import { CertificateKeeper } from './certificate-keeper.ts';

const authority = await testAuthority();
const { certPem, keyPem } = await authority.leaf(['on.test']);
const MATERIAL = { certPem: certPem + authority.certPem, keyPem, keyType: 'ec', notBefore: 0, notAfter: 0, ocspResponse: null } as const;
const storage = mkdtempSync(join(tmpdir(), 'sluice-keeper-'));
after(() => rmSync(storage, { recursive: true, force: true }));

const ACME: AcmeSettings = {
  directory: 'https://127.0.0.1:1/dir',
  email: null,
  storage,
  challenge: 'http-01',
  caFile: null,
  account: null,
};

function planOf(...certificates: CertificatePlan[]): Plan {
  const secure: ListenerPlan = { ...listenerPlan('secure', 443), tls: { certificates } as unknown as TlsPlan };
  return { ...testPlan([]), listeners: [secure] };
}

const ordered = (...names: string[]): CertificatePlan => ({ source: { kind: 'acme', names }, names, ocsp: 'auto', material: null });

function keeper(t: TestContext) {
  const said: string[] = [];
  const made = new CertificateKeeper({
    runtime: nodeRuntime,
    say: (level, what, detail) => void said.push(`${level} ${what} ${String(detail['names'])}`),
    refresh: () => Promise.resolve([]),
    reread: () => {},
  });
  t.after(() => made[Symbol.asyncDispose]());
  return { made, said };
}

test('what is pending is told once, and again when it comes back', async (t) => {
  const { made, said } = keeper(t);
  made.follow(planOf(ordered('a.test', 'b.test')), null);
  made.follow(planOf(ordered('a.test', 'b.test')), null);
  made.follow(planOf(), null);
  made.follow(planOf(ordered('a.test', 'b.test')), null);
  await made[Symbol.asyncDispose]();
  assert.deepEqual(said, ['warn certificate-pending a.test b.test', 'warn certificate-pending a.test b.test']);
});

test('orders follow the plan and the account, failures are counted, and the end is quiet', async (t) => {
  const { made, said } = keeper(t);
  made.follow(planOf(ordered('a.test')), ACME);
  await eventually(10_000, 'the order fails', () => made.counts.failed === 1);
  assert.match(made.orderStatus(['a.test'])?.lastError ?? '', /ECONNREFUSED/);
  assert.equal(made.orderStatus(['c.test']), null);
  made.follow(planOf(ordered('c.test')), { ...ACME, directory: 'https://127.0.0.1:2/dir' });
  await eventually(10_000, 'the other order fails', () => made.counts.failed === 2);
  assert.equal(made.orderStatus(['a.test']), null);
  assert.match(made.orderStatus(['c.test'])?.lastError ?? '', /127\.0\.0\.1:2:/, 'the other server is asked');
  made.follow(planOf(ordered('c.test')), null);
  await eventually(5_000, 'nothing is ordered', () => made.orderStatus(['c.test']) === null);
  const before = said.length;
  made.follow(planOf(ordered('d.test')), ACME);
  await made[Symbol.asyncDispose]();
  made.follow(planOf(ordered('e.test')), ACME);
  assert.deepEqual([said.slice(before), made.counts], [['warn certificate-pending d.test'], { issued: 0, failed: 2 }]);
});

test('an answer is fetched for who asks for it: the certificate, or its configuration', async (t) => {
  const asked: string[] = [];
  const responder = createServer((request, reply) => {
    asked.push(request.url ?? '');
    reply.writeHead(500).end();
  }).listen(0, '127.0.0.1');
  t.after(() => responder.close());
  const { made } = keeper(t);
  await eventually(1_000, 'it listens', () => responder.listening);
  const { port } = responder.address() as { port: number };
  const certificate = (name: string, ocsp: CertificatePlan['ocsp'], mustStaple: boolean): CertificatePlan => ({
    ...ordered(name),
    ocsp,
    material: { ...MATERIAL, fingerprint: name, ocspUrl: `http://127.0.0.1:${port}/${name}`, mustStaple },
  });
  made.follow(
    planOf(
      certificate('on', 'on', false),
      certificate('must', 'auto', true),
      certificate('auto', 'auto', false),
      certificate('off', 'off', true),
    ),
    null,
  );
  await eventually(5_000, 'both are asked for', () => asked.length === 2);
  assert.deepEqual(asked.toSorted(), ['/must', '/on']);
  assert.equal(made.staple('on'), null);
});
