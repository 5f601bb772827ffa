import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validate } from '../validate.ts';

function warnings(route: object, protocol: string, more: object = {}): readonly string[] {
  const services = { cart: { endpoints: ['cart:1'], protocol, ...more } };
  const validation = validate(
    { workers: 1, listeners: { web: { http: ':80' } }, services, routes: [{ to: 'cart', ...route }] },
    () => null,
  );
  assert.ok(validation.ok);
  return validation.warnings.map(({ message }) => message);
}

test('gRPC to a service that speaks HTTP/1.1 is a warning', () => {
  assert.deepEqual(warnings({ grpc: 'shop.Cart/*' }, 'http2'), []);
  assert.match(warnings({ grpc: 'shop.Cart/*' }, 'http1').join(), /grpc needs HTTP\/2, and service "cart" has protocol 'http1'/);
  assert.match(warnings({ path: '/*', grpcWeb: true }, 'http1').join(), /grpcWeb needs HTTP\/2/);
  assert.deepEqual(warnings({ path: '/*' }, 'http1'), []);
});

test('ALPN may end in HTTP/2, but gRPC-Web has to know', () => {
  assert.deepEqual(warnings({ grpc: 'shop.Cart/*' }, 'auto', { tls: true }), []);
  assert.match(warnings({ grpc: 'shop.Cart/*', grpcWeb: true }, 'auto', { tls: true }).join(), /grpcWeb needs HTTP\/2/);
});
