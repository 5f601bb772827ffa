import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CertificateMaterial, CertificatePlan, ClientCertificatePlan, TlsPlan } from '../../config/tls-plan.ts';
import { PolicyNumbers, TlsPolicies, type TlsPolicy } from './tls-policies.ts';

function material(fingerprint: string, more: Partial<CertificateMaterial> = {}): CertificateMaterial {
  return {
    certPem: '',
    keyPem: '',
    keyType: 'ec',
    fingerprint,
    notBefore: 0,
    notAfter: 1,
    ocspUrl: null,
    mustStaple: false,
    ocspResponse: null,
    ...more,
  };
}

function certificate(file: string, names: readonly string[], more: Partial<CertificateMaterial> | null = {}): CertificatePlan {
  return {
    source: { kind: 'files', cert: file, key: file },
    names,
    ocsp: 'auto',
    material: more === null ? null : material(file, more),
  };
}

function rule(more: Partial<ClientCertificatePlan> = {}): ClientCertificatePlan {
  return { mode: 'required', caFiles: ['ca.pem'], crlFiles: [], caPem: 'CA', crlPem: '', headers: true, ...more };
}

function plan(certificates: readonly CertificatePlan[], more: Partial<TlsPlan> = {}): TlsPlan {
  return {
    certificates,
    minVersion: 'TLSv1.2',
    alpn: [],
    clientCertificates: null,
    hosts: [],
    unknownNames: 'default',
    handshakesMax: 10,
    handshakesPerSourceMax: 10,
    handshakeMs: 1_000,
    sessionTickets: true,
    hsts: null,
    ...more,
  };
}

const policiesOf = (given: TlsPlan, numbers = new PolicyNumbers(), before: TlsPolicies | null = null): TlsPolicies =>
  new TlsPolicies(given, numbers, before);

function chosen(policies: TlsPolicies, name: string | null): TlsPolicy {
  const policy = policies.choose(name);
  assert.ok(typeof policy !== 'string');
  return policy;
}

describe('a policy', () => {
  test('is a set of certificates and a rule for clients', () => {
    const hosts = [{ serverNames: ['c.example'], clientCertificates: rule() }];
    const policies = policiesOf(plan([certificate('a', ['a.example', 'c.example']), certificate('b', ['*.b.example'])], { hosts }));
    const numbers = ['a.example', 'x.b.example', 'c.example', null, 'other.example', '127.0.0.1'].map(
      (name) => chosen(policies, name).number,
    );
    assert.deepEqual(numbers, [0, 1, 2, 0, 0, 0]);
    assert.equal(policies.numberFor('c.example'), 2);
    assert.equal(policies.numberFor('[::1]'), 0, 'an address gets what a hello without a name gets');
  });

  test('that a reload changes for host and server name alike admits who came before, if they passed the rule that holds now', () => {
    const numbers = new PolicyNumbers();
    const before = policiesOf(plan([certificate('a', ['a.example']), certificate('b', ['b.example'])]), numbers);
    const { number, rule: passed } = chosen(before, 'a.example');
    const came = { serverName: 'a.example', policy: number, rule: passed };
    assert.deepEqual([before.admits('a.example', came), before.admits('b.example', came)], [true, false]);
    const renamed = policiesOf(plan([certificate('c', ['a.example']), certificate('b', ['b.example'])]), numbers, before);
    assert.deepEqual([renamed.admits('a.example', came), renamed.admits('b.example', came)], [true, false]);
    const asking = policiesOf(plan([certificate('c', ['a.example'])], { clientCertificates: rule() }), numbers, renamed);
    assert.equal(asking.admits('a.example', came), false, 'it has shown no certificate');
    const gone = policiesOf(plan([certificate('b', ['b.example'])], { unknownNames: 'refuse' }), numbers, renamed);
    assert.equal(gone.admits('a.example', came), false, 'a name that is not served any more');
  });

  test('may ask nothing of one name where all others are asked', () => {
    const hosts = [{ serverNames: ['*.open.example'], clientCertificates: null }];
    const policies = policiesOf(plan([certificate('a', ['a.example'])], { hosts, clientCertificates: rule() }));
    assert.equal(chosen(policies, 'x.open.example').clients, null);
    assert.equal(chosen(policies, 'x.y.open.example').clients, null, 'as in routes, a wildcard is one label or more');
    assert.equal(chosen(policies, 'open.example').clients?.mode, 'required');
    assert.equal(chosen(policies, null).clients?.mode, 'required');
  });

  test('is none for names without certificate where those are refused', () => {
    const policies = policiesOf(plan([certificate('a', ['a.example'])], { unknownNames: 'refuse' }));
    assert.equal(policies.choose('b.example'), 'unknown-name');
    assert.equal(policies.numberFor('b.example'), -1);
    const { number } = chosen(policies, null);
    assert.deepEqual([policies.numberFor('127.0.0.1'), policies.numberFor('[::1]')], [number, number], 'no client names an address');
  });

  test('holds for every host that a route with the same pattern takes', () => {
    const hosts = [
      { serverNames: ['*.b.example'], clientCertificates: rule() },
      { serverNames: ['*.open.b.example'], clientCertificates: null },
      { serverNames: ['own.b.example'], clientCertificates: rule({ mode: 'optional' }) },
    ];
    const policies = policiesOf(plan([certificate('a', ['a.example'])], { hosts }));
    const { number } = chosen(policies, 'x.b.example');
    const free = chosen(policies, null).number;
    // The last three are hosts that no hello can name: they must be no way around.
    for (const host of ['x.b.example', 'y.x.b.example', 'x~y.b.example', `${'a'.repeat(64)}.b.example`, `${'a.'.repeat(121)}b.example`]) {
      assert.equal(policies.numberFor(host), number, host);
    }
    for (const host of ['b.example', 'xb.example', 'x~y.example', 'x.open.b.example', 'y.x.open.b.example']) {
      assert.equal(policies.numberFor(host), free, host);
    }
    assert.equal(chosen(policies, 'own.b.example').clients?.mode, 'optional');
  });

  test('waits for a certificate that is still to come, which is no default of others', () => {
    const late = certificate('late', ['late.example'], null);
    assert.equal(policiesOf(plan([late])).choose('late.example'), 'no-certificate');
    const policies = policiesOf(plan([late, certificate('a', ['a.example'])]));
    assert.equal(chosen(policies, null), chosen(policies, 'a.example'));
  });

  test('ignores names that no client can ask for, and rules for one name twice', () => {
    const hosts = ['A.example', 'a.example.'].map((name) => ({ serverNames: [name], clientCertificates: rule() }));
    const policies = policiesOf(
      plan([certificate('a', ['127.0.0.1', '::1', 'f*.example', '*.*.example', 'a.example', 'a.example'])], { hosts }),
    );
    assert.equal(chosen(policies, 'a.example').clients?.mode, 'required');
  });
});

describe('after a reload', () => {
  test('that renews what is in the files, numbers stay and contexts are new', () => {
    const numbers = new PolicyNumbers();
    const before = policiesOf(plan([certificate('a', ['a.example'])], { clientCertificates: rule() }), numbers);
    const old = chosen(before, 'a.example');
    const after = policiesOf(
      plan([certificate('a', ['a.example'], { fingerprint: 'other' })], { clientCertificates: rule({ crlPem: 'new' }) }),
      numbers,
      before,
    );
    const fresh = chosen(after, 'a.example');
    assert.equal(fresh.number, old.number);
    assert.notEqual(fresh.contexts, old.contexts);
  });

  test('that changes neither, contexts are kept', () => {
    const numbers = new PolicyNumbers();
    const before = policiesOf(plan([certificate('a', ['a.example'])]), numbers);
    const old = chosen(before, 'a.example');
    const more = certificate('b', ['b.example']);
    const after = policiesOf(plan([more, certificate('a', ['a.example'])], { hsts: 'max-age=1' }), numbers, before);
    assert.equal(chosen(after, 'a.example').contexts, old.contexts);
    assert.equal(chosen(after, 'a.example').number, old.number);
    assert.notEqual(chosen(after, null).number, old.number, 'the first one is another');
  });

  test('that changes a rule, the number is another', () => {
    const numbers = new PolicyNumbers();
    const before = policiesOf(plan([certificate('a', ['a.example'])], { clientCertificates: rule({ mode: 'optional' }) }), numbers);
    const after = policiesOf(plan([certificate('a', ['a.example'])], { clientCertificates: rule() }), numbers, before);
    assert.notEqual(chosen(after, 'a.example').number, chosen(before, 'a.example').number);
  });
});
