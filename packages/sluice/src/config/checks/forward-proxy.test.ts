/** What `sluice check` says of a forward proxy: rules that let nobody go anywhere, that contradict each other, or that open it to the world by mistake. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../compile.ts';
import { defineConfig } from '../define.ts';
import type { ForwardProxyListenerPlan } from '../plan.ts';
import { validate } from '../validate.ts';

const HASH = `$scrypt$ln=15,r=8,p=3$${'a'.repeat(22)}$${'b'.repeat(43)}`;

function messages(listener: object): readonly string[] {
  const result = validate({ listeners: { out: { forwardProxy: '127.0.0.1:3128', ...listener } } }, () => null);
  return result.ok ? [] : result.faults.map(({ message }) => message.replace('listener "out": ', ''));
}

function warnings(listener: object): readonly string[] {
  const result = validate({ listeners: { out: { forwardProxy: '127.0.0.1:3128', ...listener } } }, () => null);
  assert.ok(result.ok, JSON.stringify(result));
  return result.warnings.map(({ message }) => message);
}

function planOf(listener: object): ForwardProxyListenerPlan {
  const result = validate({ listeners: { out: { forwardProxy: '127.0.0.1:3128', ...listener } } }, () => null);
  assert.ok(result.ok, JSON.stringify(result));
  return compile(result.config, { generation: 1, cores: 1 }).listeners[0] as ForwardProxyListenerPlan;
}

test('rules compile as they are written, in canonical form', () => {
  const { rules, timeouts, kind } = planOf({
    allow: ['API.example.com', '*.Example.org', { hosts: ['10.1.2.3/16', '2620:fe::1'], ports: [5432, '8000-8099'] }],
    deny: { hosts: 'x.example.org' },
    allowPrivate: '10.1.0.0/16',
    clients: ['10.0.0.0/8'],
    basic: { users: [{ name: 'anna', password: HASH }] },
    timeouts: { lifetime: '1h' },
  });
  assert.equal(kind, 'forward');
  assert.deepEqual(rules.allow, [
    { hosts: ['api.example.com'], ports: null },
    { hosts: ['*.example.org'], ports: null },
    {
      hosts: ['10.1.0.0/16', '2620:fe::1/128'],
      ports: [
        [5432, 5432],
        [8000, 8099],
      ],
    },
  ]);
  assert.deepEqual(rules.deny, [{ hosts: ['x.example.org'], ports: null }]);
  assert.deepEqual([rules.allowPrivate, rules.clients, rules.via], [['10.1.0.0/16'], ['10.0.0.0/8'], 'sluice-forward']);
  assert.deepEqual(rules.basic?.users, [{ name: 'anna', hash: HASH }]);
  assert.deepEqual([timeouts.lifetimeMs, timeouts.connectMs, timeouts.resolveMs], [3_600_000, 10_000, 5_000]);
  assert.equal(planOf({ allow: '*', via: false }).rules.via, null);
});

test('without `allow`, or with rules that hold for nothing, it would refuse everything', () => {
  assert.match(messages({}).join(), /must have `allow`/);
  assert.match(messages({ allow: [] }).join(), /allow is empty/);
  assert.match(messages({ allow: [{ hosts: [] }] }).join(), /allow\[0\]\.hosts is empty/);
  assert.match(messages({ allow: [{ hosts: ['a.test'], ports: [] }] }).join(), /allow\[0\]\.ports is empty/);
});

test('hosts that resolvers read differently, and ports that are none, are no rules', () => {
  for (const host of [
    '',
    '127.1',
    '0x7f.1',
    '2130706433',
    'a..b',
    '*.*.test',
    'a*.test',
    'http://a.test',
    'a.test:443',
    'a b',
    '*.1',
    '10.0.0.0/33',
    'user@a',
  ]) {
    assert.match(messages({ allow: [host] }).join(), /allow\[0\] must be a host/, host);
  }
  for (const port of [0, 65_536, 1.5, '0-80', '90-80', '80-', 'x']) {
    assert.match(messages({ allow: [{ hosts: ['a.test'], ports: [port] }] }).join(), /must be a (?:port|whole number)/, String(port));
  }
});

test('what is allowed and denied, or allowed twice, is a fault', () => {
  assert.match(messages({ allow: ['a.test', 'b.test'], deny: ['B.test'] }).join(), /allow\[1\] is allowed and denied/);
  assert.match(messages({ allow: ['a.test'], deny: '*' }).join(), /allow\[0\] is allowed and denied/);
  assert.match(messages({ allow: ['a.test', { hosts: ['A.test'] }] }).join(), /allow\[1\]\.hosts\[0\] is allowed already/);
  assert.deepEqual(messages({ allow: ['*'], deny: ['a.test', { hosts: ['b.test'], ports: [25] }] }), []);
});

test('an allowed address that is not public needs allowPrivate', () => {
  assert.match(
    messages({ allow: ['10.1.0.0/16'] }).join(),
    /is private, and such addresses are refused; add allowPrivate: \['10\.1\.0\.0\/16'\]/,
  );
  assert.deepEqual(messages({ allow: ['10.1.0.0/16'], allowPrivate: ['10.0.0.0/8'] }), []);
  assert.match(messages({ allow: ['a.test'], allowPrivate: ['8.8.8.0/24'] }).join(), /allowPrivate\[0\] is public/);
  for (const wide of ['0.0.0.0/0', '::/0', '10.0.0.0/7'])
    assert.match(messages({ allow: ['a.test'], allowPrivate: [wide] }).join(), /is too wide/, wide);
});

test('an open proxy is asked for twice, and warned of', () => {
  const open = { forwardProxy: ':3128', allow: '*' };
  assert.match(messages(open).join(), /an open proxy/);
  assert.match(messages({ ...open, allow: ['0.0.0.0/0'] }).join(), /an open proxy/);
  assert.match(messages({ ...open, clients: ['0.0.0.0/0'] }).join(), /an open proxy/);
  assert.match(
    messages({ ...open, tls: { certificates: { cert: 'a', key: 'b' }, clientCertificates: { mode: 'optional', ca: 'c' } } }).join(),
    /an open proxy/,
  );
  assert.match(warnings({ ...open, open: true }).join(), /is an open proxy/);
  for (const bound of [
    { clients: ['10.0.0.0/8'] },
    { basic: { users: [{ name: 'anna', password: HASH }] } },
    { forwardProxy: '127.0.0.1:3128' },
    { forwardProxy: 'unix:/run/proxy' },
    { allow: ['a.test'] },
    { tls: { certificates: { cert: 'a', key: 'b' }, clientCertificates: { ca: 'c' } } },
  ]) {
    assert.deepEqual(warnings({ ...open, ...bound }), [], JSON.stringify(bound));
  }
  assert.match(messages({ allow: ['a.test'], open: true }).join(), /open has no effect/);
});

test('settings of other listeners have no place here, nor these there', () => {
  assert.match(messages({ allow: '*', to: 'web' }).join(), /to belongs to/);
  assert.match(messages({ allow: '*', http2: false }).join(), /http2 belongs to/);
  assert.match(messages({ allow: '*', timeouts: { hello: '1s' } }).join(), /timeouts\.hello belongs to/);
  assert.match(messages({ allow: '*', http: ':80' }).join(), /must have exactly one address/);
  assert.match(
    messages({ allow: '*', tls: { certificates: { cert: 'a', key: 'b' }, hosts: { 'a.test': { clientCertificates: false } } } }).join(),
    /tls\.hosts has no place/,
  );
  assert.match(messages({ allow: '*', basic: {} }).join(), /has no users/);
  assert.match(messages({ allow: '*', basic: { users: [{ name: 'a', password: 'plain' }] } }).join(), /basic\.users\[0\]\.password/);
  const other = validate({ listeners: { web: { http: ':80', allow: '*' } }, routes: [{ respond: { status: 200 } }] }, () => null);
  assert.ok(!other.ok && other.faults.some(({ message }) => message.includes('allow belongs to forwardProxy listeners')));
  const clash = validate(
    {
      listeners: { a: { forwardProxy: ':1', allow: ['a.test'] }, b: { tcp: ':1', to: 'x' } },
      services: { x: { endpoints: ['127.0.0.1:2'] } },
    },
    () => null,
  );
  assert.ok(!clash.ok && clash.faults.some(({ message }) => message.includes('is the address of listener "a", too')));
});

test('its type has one address, and takes neither a service nor routes', () => {
  const config = defineConfig({
    listeners: { out: { forwardProxy: ':3128', allow: [{ hosts: 'a.test', ports: [443, '8000-8099'] }], tls: 'dev' } },
  });
  assert.ok(validate(config, () => null).ok);
  // @ts-expect-error -- two addresses
  const two = defineConfig({ listeners: { out: { forwardProxy: ':3128', http: ':80', allow: '*' } } });
  // @ts-expect-error -- a target
  const target = defineConfig({ listeners: { out: { forwardProxy: ':3128', allow: '*', to: 'web' } } });
  for (const wrong of [two, target]) assert.ok(!validate(wrong, () => null).ok);
});
