import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { test } from 'node:test';
import { type FleetServicePlan, NO_FLEET } from '../config/fleet-plan.ts';
import type { TlsPlan } from '../config/tls-plan.ts';
import { datagramPlan, streamPlan } from '../../test/support/layer4-plane.ts';
import { fleetPlan, RUN, servicePlan as instancesPlan } from '../../test/support/fleet-stage.ts';
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

type Facts = Parameters<typeof bannerLines>[0];

const linesOf = (facts: Omit<Facts, 'fleet'> & Partial<Facts>): string[] =>
  bannerLines({ fleet: NO_FLEET, ...facts }).map((line) => stripVTControlCharacters(line));

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

test('a service whose instances Sluice runs is shown by their number and who runs them', () => {
  const fleetOf = (service: string, min: number, max: number, run: FleetServicePlan['run'] = RUN): FleetServicePlan => {
    const plan = instancesPlan(min, { service, run });
    return { ...plan, replicas: { ...plan.replicas, min, max } };
  };
  const container: FleetServicePlan['run'] = {
    ...RUN,
    runner: 'container',
    image: 'users',
    port: 80,
    labels: {},
    network: null,
    reach: 'address',
    engine: null,
    pull: 'never',
    ulimits: {},
  };
  const services = ['a', 'b', 'c'].map((name) => servicePlan(name, []));
  const fleet = fleetPlan(fleetOf('a', 1, 4), fleetOf('b', 2, 2, container), fleetOf('c', 0, 1));
  const lines = linesOf({ version: '1', source: '', plan: testPlan(services), fleet, admin: null });
  assert.deepEqual(lines.slice(1, 4), [
    '  service   a          1–4 instances, p2c',
    '  service   b          2 instances (container), p2c',
    '  service   c          0–1 instance, p2c',
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
