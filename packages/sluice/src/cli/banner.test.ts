import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { test } from 'node:test';
import type { TlsPlan } from '../config/tls-plan.ts';
import { datagramPlan, streamPlan } from '../../test/support/layer4-plane.ts';
import { listenerPlan, servicePlan, testPlan } from '../../test/support/plans.ts';
import { bannerLines, urlOf } from './banner.ts';

const TLS: TlsPlan = {
  certificates: [],
  minVersion: 'TLSv1.2',
  alpn: [],
  clientCertificates: null,
  hosts: [],
  unknownNames: 'default',
  handshakesMax: 1_000,
  handshakesPerSourceMax: 100,
  handshakeMs: 10_000,
  sessionTickets: true,
  hsts: null,
};

const linesOf = (...input: Parameters<typeof bannerLines>): string[] => bannerLines(...input).map((line) => stripVTControlCharacters(line));

test('says what runs and where', () => {
  const services = [servicePlan('users', ['10.0.0.1:80', '10.0.0.2:80']), servicePlan('web', [])];
  const plan = testPlan(services, { listeners: [listenerPlan('main', 8_080)], workers: 2 });
  assert.deepEqual(linesOf({ version: '1.2.3', source: 'sluice.config.ts', plan, admin: null }), [
    'sluice 1.2.3  sluice.config.ts, 2 workers',
    '  listener  main       http://127.0.0.1:8080',
    '  service   users      2 endpoints, p2c',
    '  service   web        no endpoints yet, p2c',
    '  admin     off',
  ]);
});

test('a listener is shown as what it speaks', () => {
  const listeners = [
    { ...listenerPlan('web', 8_443), tls: TLS },
    streamPlan('db', 5_432, 'users'),
    streamPlan('redis', 6_380, 'users', { tls: TLS }),
    streamPlan('names', 443, 'users', { readsServerName: true, engine: 'kernel' }),
    datagramPlan('dns', 53, 'users'),
  ];
  const lines = linesOf({ version: '1', source: '', plan: testPlan([], { listeners }), admin: null });
  assert.deepEqual(lines.slice(1, 6), [
    '  listener  web        https://127.0.0.1:8443',
    '  listener  db         tcp 127.0.0.1:5432',
    '  listener  redis      tcp+tls 127.0.0.1:6380',
    '  listener  names      tls 127.0.0.1:443 in the kernel',
    '  listener  dns        udp 127.0.0.1:53',
  ]);
});

test('a long list of services is cut', () => {
  const plan = testPlan(Array.from({ length: 100 }, (_, index) => servicePlan(`s${index}`, ['10.0.0.1:80'])));
  const lines = linesOf({ version: '1', source: '', plan, admin: { kind: 'unix', path: '/run/a' } });
  assert.ok(lines.length < 20);
  assert.ok(lines.includes('            and 88 more services'));
});

test('every interface is localhost for who sits at the machine', () => {
  assert.equal(urlOf({ kind: 'tcp', host: '::', port: 80 }), 'http://localhost:80');
  assert.equal(urlOf({ kind: 'tcp', host: '::1', port: 80 }), 'http://[::1]:80');
  assert.equal(urlOf({ kind: 'unix', path: '/run/a' }), 'unix:/run/a');
});
