/** What layer 4 cannot do is said before it runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validate } from '../validate.ts';

function faults(config: object): readonly string[] {
  const validation = validate({ workers: 1, ...config }, () => null);
  return validation.ok ? [] : validation.faults.map((fault) => fault.message);
}

const DB = { endpoints: ['127.0.0.1:5432'] };

function tcp(service: object): object {
  return { listeners: { db: { tcp: ':5432', to: 'db' } }, services: { db: { ...DB, ...service } } };
}

test('a configuration of layer 4 alone needs no routes; one with HTTP does', () => {
  assert.deepEqual(faults(tcp({})), []);
  const both = { listeners: { web: { http: ':80' }, db: { tcp: ':5432', to: 'db' } }, services: { db: DB } };
  assert.deepEqual(faults(both), ["routes must be a list such as [{ path: '/*', to: 'web' }], got nothing"]);
});

test('affinity needs what there is to see: the address', () => {
  assert.deepEqual(faults(tcp({ affinity: { by: 'ip' } })), []);
  const [fault, ...more] = faults(tcp({ affinity: { by: 'header', name: 'x-user' } }));
  assert.match(fault ?? '', /^service "db": affinity\.by must be 'ip': listener "db" passes on connections without reading them/);
  assert.deepEqual(more, []);
});

test('so does hashing', () => {
  assert.deepEqual(faults(tcp({ balance: 'ip-hash' })), []);
  assert.deepEqual(faults(tcp({ balance: 'hash' })), []);
  assert.match(
    faults(tcp({ balance: { algorithm: 'hash', on: { header: 'x-user' } } })).join(),
    /^service "db": balance\.on has nothing to hash/,
  );
});

test('a service that several listeners lead to is reported once', () => {
  const listeners = { a: { tcp: ':1', to: 'db' }, b: { tls: ':2', to: { serverNames: { 'a.example': 'db', '*': { db: 1 } } } } };
  assert.equal(faults({ listeners, services: { db: { ...DB, affinity: { by: 'header', name: 'x' } } } }).length, 1);
});

test('datagrams have no TLS, no PROXY header and no unix sockets', () => {
  const services = { dns: { endpoints: ['unix:/run/dns', '127.0.0.1:53'], proxyProtocol: 'v2' } };
  assert.deepEqual(
    faults({ listeners: { dns: { udp: 'unix:/run/in', to: 'dns' } }, services }).map((fault) => fault.split(' ').slice(0, 3).join(' ')),
    ['listener "dns": udp', 'service "dns": proxyProtocol', 'service "dns": endpoints[0]'],
  );
});

test('server names are names', () => {
  const listeners = { db: { tls: ':1', to: { serverNames: { '[::1]': 'db', 'a~b.example': 'db', '*.example.com': 'db', '*': 'db' } } } };
  assert.equal(faults({ listeners, services: { db: DB } }).length, 2);
});

test('names that are written as weights are told where they belong', () => {
  const listeners = { names: { tls: ':443', to: { 'shop.example': 'db' } } };
  assert.match(
    faults({ listeners, services: { db: DB } }).join('\n'),
    /to has services where weights belong; for names .* write to: { serverNames:/,
  );
});

test('a PROXY header that HTTP requests will not have is a warning', () => {
  const warned = (service: object): readonly string[] => {
    const listeners = { web: { http: ':80' }, db: { tcp: ':6000', to: 'db' } };
    const validation = validate({ workers: 1, listeners, services: { db: { ...DB, ...service } }, routes: [{ to: 'db' }] }, () => null);
    return validation.ok ? validation.warnings.map(({ message }) => message) : ['fault'];
  };
  assert.deepEqual(warned({}), []);
  assert.match(warned({ proxyProtocol: 'v2' }).join(), /^service "db": proxyProtocol is not sent with HTTP requests, only by listeners/);
});

test('what is about requests has no effect on a service that gets none', () => {
  const settings = { hedge: {}, protocol: 'http2', limits: { adaptive: {} }, pool: { connectTimeout: '1s', idleMax: 7 } };
  const warnings = (config: object): readonly string[] => {
    const validation = validate({ workers: 1, ...config }, () => null);
    assert.ok(validation.ok, JSON.stringify(validation));
    return validation.warnings.map(({ message }) => message);
  };
  const why = 'has no effect: only listener "db" leads here, and it knows of no requests';
  assert.deepEqual(
    warnings({ listeners: { db: { tcp: ':1', to: 'db' } }, services: { db: { ...DB, ...settings } } }),
    ['hedge', 'protocol', 'limits.adaptive', 'pool.idleMax'].map((path) => `service "db": ${path} ${why}`),
  );
  const both = { listeners: { web: { http: ':80' }, db: { tcp: ':1', to: 'db' } }, services: { db: { ...DB, ...settings } } };
  assert.deepEqual(warnings({ ...both, routes: [{ path: '/*', to: 'db' }] }), []);
});
