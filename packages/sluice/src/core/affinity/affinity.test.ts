import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { instant, timestamp } from '../../base/time.ts';
import { NONE } from '../balancing/balancer.ts';
import { endpointTable } from '../balancing/endpoint-table.ts';
import { hashString } from '../../base/hash.ts';
import { createAffinity } from './affinity.ts';
import type { AffinityOptions, AffinityPolicy, AffinityRequest, AffinityShape } from './affinity.ts';
import type { Signer } from './cookie.ts';

const NOW = instant(5000);
const WALL = timestamp(1_800_000_000_000);
const ENDPOINTS = [
  { slot: 4, address: '10.1.2.3:8080' },
  { slot: 9, address: '10.1.2.4:8080' },
];
const SHAPE: AffinityShape = {
  kind: 'cookie',
  name: 'stick',
  maxAgeSeconds: null,
  path: '/',
  domain: null,
  secure: true,
  httpOnly: true,
  sameSite: 'lax',
  entriesMax: 1000,
  ttlMs: 60_000,
};

interface Setting extends Partial<Omit<AffinityOptions, 'affinity'>> {
  readonly affinity?: Partial<AffinityShape>;
  readonly secrets?: readonly string[];
}

function setUp({ affinity, secrets = ['first secret'], ...rest }: Setting = {}): { policy: AffinityPolicy; unusable: Set<number> } {
  const unusable = new Set<number>();
  const policy = createAffinity({
    affinity: { ...SHAPE, ...affinity },
    service: 'web',
    serviceSlot: 2,
    table: endpointTable(),
    signer: keyedHash(secrets),
    endpoints: ENDPOINTS,
    isUsable: (slot) => !unusable.has(slot),
    ...rest,
  });
  return { policy, unusable };
}

function request(headers: Readonly<Record<string, string>> = {}, clientAddress = '192.0.2.1'): AffinityRequest {
  return { header: (name) => headers[name] ?? null, clientAddress };
}

/** Stands in for the HMAC: 24 characters that depend on all of secret and text. */
function keyedHash(secrets: readonly string[]): Signer {
  return {
    keys: secrets.length,
    sign: (text, key) =>
      [1, 2, 3, 4].map((seed) => hashString(`${secrets[key]} ${text}`, seed).toString(36).padStart(7, '0').slice(1)).join(''),
    equal: (left, right) => left === right,
  };
}

/** The request that a browser sends after a reply with this Set-Cookie. */
function returning(setCookie: string | null): AffinityRequest {
  assert.ok(setCookie !== null, 'a cookie was set');
  return request({ cookie: `theme=dark; ${setCookie.slice(0, setCookie.indexOf(';'))}` });
}

function look(policy: AffinityPolicy, from: AffinityRequest, wall = WALL): [number, string] {
  return [policy.lookup(from, NOW, wall), policy.reason];
}

describe('cookie', () => {
  test('leads back to the endpoint that it was set for, and is not set again', () => {
    const { policy } = setUp();
    assert.deepEqual(look(policy, request()), [NONE, 'none']);
    const setCookie = policy.assigned(9, request(), NOW, WALL);
    assert.match(setCookie!, /^stick=[\w-]{16}\.\.[\w-]{24}; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
    const back = returning(setCookie);
    assert.deepEqual(look(policy, back), [9, 'found']);
    assert.equal(policy.assigned(9, back, NOW, WALL), null);
  });

  test('tells nothing about the address, and is the same on every gateway', () => {
    const setCookie = setUp().policy.assigned(4, request(), NOW, WALL)!;
    for (const part of ['10.1', '8080', Buffer.from('10.1.2.3').toString('base64url'), Buffer.from('10.1.2.3').toString('hex')]) {
      assert.ok(!setCookie.includes(part), part);
    }
    assert.equal(setUp().policy.assigned(4, request(), NOW, WALL), setCookie);
  });

  test('is replaced when its endpoint is gone, and counts as stale', () => {
    const { policy, unusable } = setUp();
    const back = returning(policy.assigned(9, request(), NOW, WALL));
    unusable.add(9);
    assert.deepEqual(look(policy, back), [NONE, 'stale']);
    const replaced = returning(policy.assigned(4, back, NOW, WALL));
    assert.deepEqual(look(policy, replaced), [4, 'found']);
    policy.setEndpoints(ENDPOINTS.slice(0, 1));
    assert.deepEqual(look(policy, back), [NONE, 'stale'], 'rightly signed, for one that left the configuration');
  });

  test('is ignored as forged whatever is changed in it', () => {
    const { policy } = setUp();
    const value = returning(policy.assigned(9, request(), NOW, WALL))
      .header('cookie')!
      .slice('theme=dark; stick='.length);
    const other = returning(policy.assigned(4, request(), NOW, WALL))
      .header('cookie')!
      .slice('theme=dark; stick='.length);
    const forged = [
      '',
      '.',
      '..',
      'x',
      '10.1.2.4:8080',
      value.slice(0, -1),
      `${value}A`,
      value.replace('..', '.zzzzzz.'),
      'a'.repeat(10_000),
    ];
    // Another endpoint's signature; another service's and another secret's cookie.
    forged.push(value.slice(0, 18) + other.slice(18));
    for (let at = 0; at < value.length; at++) forged.push(value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1));
    for (const elsewhere of [setUp({ service: 'other' }), setUp({ secrets: ['another secret'] })]) {
      forged.push(
        returning(elsewhere.policy.assigned(9, request(), NOW, WALL))
          .header('cookie')!
          .slice('theme=dark; stick='.length),
      );
    }
    for (const text of forged) assert.deepEqual(look(policy, request({ cookie: `stick=${text}` })), [NONE, 'forged'], text.slice(0, 60));
  });

  test('keeps sessions while secrets rotate, and moves them to the new one', () => {
    const old = setUp({ secrets: ['old'] }).policy;
    const rotated = setUp({ secrets: ['new', 'old'] }).policy;
    const back = returning(old.assigned(9, request(), NOW, WALL));
    assert.deepEqual(look(rotated, back), [9, 'found']);
    const renewed = returning(rotated.assigned(9, back, NOW, WALL));
    assert.deepEqual(look(setUp({ secrets: ['new'] }).policy, renewed), [9, 'found']);
    assert.equal(rotated.assigned(9, renewed, NOW, WALL), null);
  });

  test('expires, and is renewed in the second half of its life', () => {
    const { policy } = setUp({ affinity: { maxAgeSeconds: 3200 } });
    const setCookie = policy.assigned(9, request(), NOW, WALL);
    assert.match(setCookie!, /; Max-Age=3200;/);
    const back = returning(setCookie);
    const later = (seconds: number) => timestamp(WALL + seconds * 1000);
    assert.equal(policy.assigned(9, back, NOW, later(1500)), null);
    assert.deepEqual(look(policy, back, later(3199)), [9, 'found']);
    assert.notEqual(policy.assigned(9, back, NOW, later(1800)), null);
    assert.deepEqual(look(policy, back, later(3301)), [NONE, 'stale']);
    const forever = setUp().policy.assigned(9, request(), NOW, WALL);
    assert.notEqual(policy.assigned(9, returning(forever), NOW, WALL), null, 'a life was configured since');
  });

  test('costs one signature per endpoint and step of its life', () => {
    let signatures = 0;
    const real = keyedHash(['secret']);
    const signer = { ...real, sign: (text: string, key: number) => (signatures++, real.sign(text, key)) };
    const { policy } = setUp({ signer, affinity: { maxAgeSeconds: 3200 } });
    const before = signatures;
    for (let second = 0; second < 100; second++) {
      const back = returning(policy.assigned(9, request(), NOW, timestamp(WALL + second * 1000)));
      assert.equal(look(policy, back, timestamp(WALL + second * 1000))[0], 9);
    }
    assert.ok(signatures - before <= 2, `${signatures - before} signatures`);
  });
});

describe('header, ip and app-cookie', () => {
  test('a header’s value sticks to the endpoint that served it first', () => {
    const { policy, unusable } = setUp({ affinity: { kind: 'header', name: 'X-Tenant' } });
    const tenant = request({ 'x-tenant': 'acme' });
    assert.deepEqual(look(policy, tenant), [NONE, 'none']);
    assert.equal(policy.assigned(9, tenant, NOW, WALL), null);
    assert.deepEqual(look(policy, tenant), [9, 'found']);
    assert.deepEqual(look(policy, request({ 'x-tenant': 'other' })), [NONE, 'none']);
    unusable.add(9);
    assert.deepEqual(look(policy, tenant), [NONE, 'stale']);
    policy.assigned(4, tenant, NOW, WALL);
    assert.deepEqual(look(policy, tenant), [4, 'found']);
    for (const without of [request(), request({ 'x-tenant': '' })]) {
      policy.assigned(4, without, NOW, WALL);
      assert.deepEqual(look(policy, without), [NONE, 'none']);
    }
  });

  test('a client address sticks', () => {
    const { policy } = setUp({ affinity: { kind: 'ip' }, signer: null });
    policy.assigned(4, request({}, '2001:db8::1'), NOW, WALL);
    assert.deepEqual(look(policy, request({}, '2001:db8::1')), [4, 'found']);
    assert.deepEqual(look(policy, request({}, '2001:db8::2')), [NONE, 'none']);
  });

  test('an application’s cookie is learned from its reply', () => {
    const { policy } = setUp({ affinity: { kind: 'app-cookie', name: 'JSESSIONID' }, signer: null });
    policy.learn(9, 'other=1; Path=/', NOW);
    policy.learn(9, 'JSESSIONID=; Max-Age=0', NOW);
    policy.learn(9, 'JSESSIONID=abc.node1; Path=/; HttpOnly', NOW);
    assert.deepEqual(look(policy, request({ cookie: 'a=b; JSESSIONID=abc.node1' })), [9, 'found']);
    assert.deepEqual(look(policy, request({ cookie: 'JSESSIONID=' })), [NONE, 'none']);
    // One made before this gateway started: bound to whoever serves it now.
    const earlier = request({ cookie: 'JSESSIONID=earlier' });
    policy.assigned(4, earlier, NOW, WALL);
    assert.deepEqual(look(policy, earlier), [4, 'found']);
  });
});
