import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compile, controlSettings } from './compile.ts';
import { isSame } from './diff.ts';
import { validate } from './validate.ts';

const SECRET = '0123456789abcdefghijklmnopqrstuv';

const VALID = {
  listeners: { web: { http: ':8080', forwarding: { trustedProxies: ['10.0.0.0/8'] } } },
  services: {
    users: {
      endpoints: ['127.0.0.1:3001', { address: '127.0.0.1:3002', weight: 3 }],
      balance: { algorithm: 'hash', on: { header: 'x' } },
      health: { http: '/' },
    },
    run: {
      run: {
        command: ['node', 'server.js'],
        env: { PASS: SECRET },
        ready: '/healthz',
        resources: { memory: '512MiB' },
        logs: { files: 2 },
      },
      replicas: {
        min: 1,
        max: 10,
        scale: [
          { signal: 'latency', percentile: 99, target: '200ms', panic: { threshold: 3 } },
          { signal: { prometheus: 'http://127.0.0.1:9090', query: 'up' }, steps: [{ above: 7, add: '50%' }] },
          { schedule: '0 8 * * 1-5', min: 4, zone: 'UTC', for: '1h' },
          { at: '2026-11-27T08:00:00Z', for: '4h', times: 4 },
          { predict: 'daily', target: 20 },
        ],
        behavior: { out: { share: '50%' } },
        cost: { instanceHour: 0.1, ceiling: 1 },
      },
      deploy: { maxSurge: '25%', canary: [{ share: '5%', pause: 'manual' }], guard: { requests: 5 } },
    },
    container: { run: { container: { image: 'a:1', port: 80 }, restart: { base: '1s' } }, replicas: 2 },
    pods: { run: { kubernetes: { deployment: 'a/b', service: 'b' } } },
    machines: { run: { autoScalingGroup: { name: 'a', port: 80 } } },
    a: { endpoints: ['a:1'], affinity: { by: 'cookie', secrets: [SECRET] }, limits: { breaker: true } },
  },
  routes: [
    {
      path: '/api/:id/*',
      to: 'users',
      hosts: '*.example.com',
      headers: { 'x-a': { prefix: 'b' }, authorization: SECRET },
      cookies: { sid: SECRET },
      rewrite: { path: '/{rest}' },
    },
    { path: { regex: '/x.*' }, to: { users: 9, a: 1 } },
    { redirect: { location: 'https://{host}{path}', status: 308 } },
  ],
  admin: { address: '127.0.0.1:9900', token: SECRET },
  fleet: { directory: 'fleet', budget: { cpu: 100, memory: '100GiB' } },
};

function assertSound(value: unknown): void {
  const validation = validate(value, () => null);
  if (validation.ok) {
    const plan = compile(validation.config, { generation: 1, cores: 2 });
    assert.deepEqual(structuredClone(plan), plan);
    const settings = controlSettings(validation.config);
    assert.deepEqual(structuredClone(settings), settings);
    return;
  }
  assert.ok(validation.faults.length > 0);
  for (const fault of validation.faults) {
    assert.match(fault.message, /(must|is |has|names|belongs|cannot|stands)/, fault.message);
    assert.ok(!/undefined|\[object|Invalid input/.test(fault.message), fault.message);
    assert.ok(fault.message.length < 1_500, fault.message);
    assert.ok(!fault.message.includes(SECRET), fault.message);
  }
}

test('any value is validated or refused with faults, never thrown at', () => {
  fc.assert(fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }), assertSound));
  fc.assert(fc.property(fc.jsonValue(), assertSound));
});

/** Every place in a value. */
function places(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, entry]) => places(entry, [...path, key]))];
}

function replaceAt(value: unknown, path: readonly (string | number)[], replacement: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return replacement;
  const copy: unknown = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) };
  const object = copy as Record<string | number, unknown>;
  object[step] = replaceAt(object[step], rest, replacement);
  return copy;
}

test('a valid configuration with any one part replaced by anything is validated or refused, and names a place in that part or above', () => {
  const replacement = fc.oneof(
    fc.jsonValue(),
    fc.string(),
    fc.integer(),
    fc.constantFrom(null, true, '5s', ':80', 'users', '{x}', '/:a/:a', Infinity, Number.NaN, Number.MAX_VALUE),
  );
  fc.assert(
    fc.property(fc.constantFrom(...places(VALID)), replacement, (path, part) => assertSound(replaceAt(VALID, path, part))),
    { numRuns: 1_000 },
  );
});

test('an unknown key anywhere is a fault at that place', () => {
  const objects = places(VALID).filter((path) => {
    const value = path.reduce<unknown>((at, step) => (at as Record<string | number, unknown>)[step], VALID);
    const isNamed =
      ['listeners', 'services'].includes(String(path.at(-1))) || path.at(-1) === 'headers' || path.at(-1) === 'env' || path.at(-1) === 'to';
    return typeof value === 'object' && value !== null && !Array.isArray(value) && !isNamed;
  });
  for (const path of objects) {
    const validation = validate(replaceAt(VALID, [...path, 'zzzzzz'], 1), () => null);
    assert.ok(!validation.ok, path.join('.'));
    assert.ok(
      validation.faults.some((fault) => fault.path.endsWith('zzzzzz')),
      `${path.join('.')}: ${validation.faults.map((fault) => fault.message).join('; ')}`,
    );
  }
  assert.ok(objects.length > 15);
});

test('validation does not change what it is given, and gives the same answer twice', () => {
  const before = structuredClone(VALID);
  const first = validate(VALID, () => null);
  const second = validate(VALID, () => null);
  assert.deepEqual(VALID, before);
  assert.ok(first.ok && second.ok);
  assert.ok(isSame(compile(first.config, { generation: 1, cores: 1 }), compile(second.config, { generation: 1, cores: 1 })));
});
