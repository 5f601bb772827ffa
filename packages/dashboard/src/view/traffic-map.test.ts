import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointState, Status, TrafficSnapshot } from '../api/types.ts';
import { bandsOf, frameOf } from './map-layout.ts';
import { linkFlows, nodeFlow } from './map-rates.ts';
import { buildTrafficMap, COLUMNS, NODES_MAX } from './traffic-map.ts';
import type { TrafficMap } from './traffic-map.ts';

type Part = Pick<Status, 'listeners' | 'services' | 'fleet'>;

function part(listeners: readonly string[], services: Readonly<Record<string, readonly EndpointState[]>>): Part {
  const made = Object.entries(services).map(([name, states]) => ({
    name,
    state: 'up',
    endpoints: states.map((state, i) => ({ address: `${name}:${i}`, state })),
  }));
  return { listeners: listeners.map((name) => ({ name })), services: made, fleet: [] } as unknown as Part;
}

function snapshot(listeners: object, routes: object, services: object): TrafficSnapshot {
  return { listeners, routes, services } as unknown as TrafficSnapshot;
}

const flow = (rps: number, errorRps = 0) => ({ rps, errorRps });
const names = (map: TrafficMap) => map.links.map(({ from, to }) => `${from.label} > ${to.label}`);

const SHOP = part(['web', 'db'], { users: ['up', 'up'], pg: ['up'] });
const WIRING = {
  routes: [
    { name: 'api', listeners: ['web'], services: ['users'] },
    { name: 'hello', listeners: ['web'], services: [] },
  ],
  streams: [{ listener: 'db', services: ['pg'] }],
};

test('an endpoint that is an instance is called by its id, and known by its address', () => {
  const fleet = [
    {
      service: 'users',
      instances: [
        { id: 'users.7', address: 'users:1' },
        { id: 'users.8', address: null },
      ],
    },
  ];
  const { endpoint } = buildTrafficMap({ ...SHOP, fleet: fleet as unknown as Status['fleet'] }, WIRING).columns;
  assert.deepEqual(
    endpoint.map(({ label, names: known, address }) => [label, known[0], address]),
    [
      ['users:0', 'users:0', null],
      ['users.7', 'users:1', 'users:1'],
      ['pg:0', 'pg:0', null],
    ],
  );
});

test('routes lie between listeners and services; what is passed on at layer 4 has none', () => {
  assert.deepEqual(names(buildTrafficMap(SHOP, WIRING)), [
    'web > api',
    'api > users',
    'web > hello',
    'db > pg',
    'users > users:0',
    'users > users:1',
    'pg > pg:0',
  ]);
});

test('no column has more nodes than fit, and what is folded is summed', () => {
  const many = Object.fromEntries([3, 200, 60].map((size, i) => [`s${i}`, new Array<EndpointState>(size).fill('up')]));
  const map = buildTrafficMap(part(['web'], many), { routes: [], streams: [] });
  assert.ok(map.columns.endpoint.length <= NODES_MAX, `${map.columns.endpoint.length}`);
  assert.equal(
    map.columns.endpoint.reduce((sum, { names: all }) => sum + all.length, 0),
    263,
    'each is in one of them',
  );
  assert.equal(map.columns.endpoint.filter(({ service }) => service === 's0').length, 3, 'a small service is shown whole');
  const more = map.columns.endpoint.find(({ label, service }) => service === 's1' && label.endsWith('more'))!;
  const endpoints = Object.fromEntries(more.names.map((name) => [name, flow(2, 1)]));
  assert.deepEqual(nodeFlow(more, snapshot({}, {}, { s1: { endpoints } })), flow(2 * more.names.length, more.names.length));
});

test('with 300 services and routes, columns are folded, too', () => {
  const services = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`s${i}`, ['up'] as const]));
  const routes = Object.keys(services).map((name) => ({ name: `r-${name}`, listeners: ['web'], services: [name] }));
  const map = buildTrafficMap(part(['web'], services), { routes, streams: [] });
  for (const column of COLUMNS) assert.ok(map.columns[column].length <= NODES_MAX, column);
});

test('endpoints in trouble are shown before others', () => {
  const states: EndpointState[] = [...new Array<EndpointState>(100).fill('up'), 'down', 'ejected'];
  const shown = buildTrafficMap(part([], { s: states }), { routes: [], streams: [] }).columns.endpoint;
  assert.deepEqual(
    shown.slice(0, 3).map(({ state }) => state),
    ['down', 'ejected', 'up'],
  );
});

test("a route's requests are divided over its listeners as these have requests", () => {
  const map = buildTrafficMap(part(['a', 'b'], {}), { routes: [{ name: 'r', listeners: ['a', 'b'], services: [] }], streams: [] });
  const flows = linkFlows(map, snapshot({ a: flow(30), b: flow(10) }, { r: { ...flow(8, 4), services: {} } }, {}));
  assert.deepEqual(flows, [flow(6, 3), flow(2, 1)]);
});

test('the bands of a node are never higher than its room, and lie side by side', () => {
  const map = buildTrafficMap(SHOP, WIRING);
  const frame = frameOf(map, 1_200);
  const services = {
    users: { ...flow(90), endpoints: { 'users:0': flow(60), 'users:1': flow(30, 3) } },
    pg: { ...flow(9), endpoints: { 'pg:0': flow(9) } },
  };
  const flows = linkFlows(
    map,
    snapshot(
      { web: flow(100), db: flow(9) },
      { api: { ...flow(90), services: { users: 90 } }, hello: { ...flow(10), services: {} } },
      services,
    ),
  );
  const bands = bandsOf(map, frame, flows);
  const width = (name: string) => bands[names(map).indexOf(name)]!;
  const room = frame.places.get(map.columns.listener[0]!)!.room;
  assert.ok(width('web > api').width + width('web > hello').width <= room + 1e-9);
  assert.ok(Math.abs(width('users > users:0').width / width('users > users:1').width - 2) < 1e-9, 'the width is the rate');
  assert.equal(width('users > users:0').errorWidth, 0);
  assert.ok(width('users > users:1').errorWidth >= 1.5, 'an error is seen, however rare');
});

test('without a snapshot everything is there, and nothing flows', () => {
  const map = buildTrafficMap(SHOP, WIRING);
  for (const band of bandsOf(map, frameOf(map, 800), linkFlows(map, null))) assert.equal(band.width, 0);
});
