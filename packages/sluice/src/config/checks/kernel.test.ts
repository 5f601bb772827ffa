import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../compile.ts';
import { validate } from '../validate.ts';

const DB = { endpoints: ['10.0.0.1:5432'] };

function config(listener: object, service: object = {}, more: object = {}): object {
  return { listeners: { db: { tcp: ':5432', to: 'db', engine: 'kernel', ...listener } }, services: { db: { ...DB, ...service } }, ...more };
}

function messages(value: object): readonly string[] {
  const validation = validate(value, () => null);
  return (validation.ok ? validation.warnings : validation.faults).map(({ message }) => message);
}

const BY = `with engine 'kernel', which listener "db" has`;

test('the defaults are what the kernel can do', () => {
  assert.deepEqual(messages(config({})), []);
  const plans = [
    config({}),
    config({ tcp: undefined, udp: ':53' }),
    config({ masquerade: 'always', onDown: 'cut' }, {}, { kernelTable: 'two' }),
  ];
  const kernels = plans.map((value) => {
    const validation = validate(JSON.parse(JSON.stringify(value)), () => null);
    assert.ok(validation.ok);
    const plan = compile(validation.config, { generation: 1, cores: 1 });
    assert.equal(plan.services[0]!.balance.algorithm, 'round-robin');
    return plan.listeners.map((listener) => ('kernel' in listener ? listener.kernel : null))[0];
  });
  assert.deepEqual(kernels, [
    { table: 'main', masquerade: 'auto', onDown: 'keep' },
    { table: 'main', masquerade: 'auto', onDown: 'cut' },
    { table: 'two', masquerade: 'always', onDown: 'cut' },
  ]);
});

test('a service with other listeners, too, keeps what they can do', () => {
  const value = config({});
  const both = { ...value, listeners: { ...(value as { listeners: object }).listeners, user: { tcp: ':1', to: 'db' } } };
  const validation = validate(both, () => null);
  assert.ok(validation.ok);
  assert.equal(compile(validation.config, { generation: 1, cores: 1 }).services[0]!.balance.algorithm, 'p2c');
});

test('what was written and cannot hold is a fault', () => {
  const algorithms = `must be 'round-robin', 'smooth-wrr', 'random', 'ip-hash', 'hash' ${BY}`;
  assert.deepEqual(messages(config({}, { balance: 'p2c' })), [`service "db": balance ${algorithms}, got "p2c"`]);
  assert.deepEqual(messages(config({}, { balance: { algorithm: 'least-connections' } })), [
    `service "db": balance ${algorithms}, got "least-connections"`,
  ]);
  for (const balance of ['round-robin', 'random', 'ip-hash', { algorithm: 'ip-hash', table: 'maglev', loadFactor: 0 }]) {
    assert.deepEqual(messages(config({}, { balance })), []);
  }
  const faults = messages(
    config(
      { timeouts: { idle: '1h' } },
      {
        balance: { algorithm: 'ip-hash', table: 'ketama', loadFactor: 1.25 },
        tls: true,
        proxyProtocol: 'v2',
        affinity: { by: 'ip' },
        endpoints: ['unix:/run/db', 'localhost:5432'],
      },
    ),
  );
  assert.deepEqual(
    faults.map((fault) => /^(?:listener|service) "db": (\S+)/.exec(fault)?.[1]),
    ['timeouts', 'balance.table', 'balance.loadFactor', 'tls', 'proxyProtocol', 'affinity', 'endpoints[0]', 'endpoints[1]'],
  );
});

test('a listener on loopback may have endpoints there', () => {
  assert.deepEqual(messages(config({ tcp: '127.0.0.1:5432' }, { endpoints: ['localhost:5433'] })), []);
});

test('settings of the kernel belong to the kernel', () => {
  const user = config({ engine: 'user', masquerade: 'always', onDown: 'cut' });
  assert.deepEqual(messages(user), [
    `listener "db": masquerade has no effect without engine 'kernel'`,
    `listener "db": onDown has no effect without engine 'kernel'`,
  ]);
});

test('what the kernel does without is a warning, once', () => {
  const idle = { slowStart: '10s', outlier: true, retry: { attempts: 2 }, hedge: false, limits: { requestsMax: 9 } };
  const warnings = messages(config({}, { ...idle, endpoints: [{ address: '10.0.0.1:1', requestsMax: 5 }] }));
  assert.deepEqual(
    warnings.map((warning) => /^service "db": (\S+) has no effect/.exec(warning)?.[1]),
    ['outlier', 'retry', 'limits', 'slowStart', 'endpoints[0].requestsMax'],
  );
});
