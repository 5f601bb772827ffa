import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anything, assert as check, constantFrom, dictionary, property } from 'fast-check';
import { HIDDEN, shownPlan } from './shown-plan.ts';

const MARK = 'MARKER-7f3a';

test('what is wanted to know a configuration by is shown', () => {
  const plan = {
    generation: 3,
    routes: [
      {
        name: 'api',
        hosts: ['a.example'],
        path: { kind: 'prefix', path: '/api' },
        action: { kind: 'services', targets: [{ service: 'web', weight: 1 }] },
      },
    ],
    services: [{ name: 'web', endpoints: [{ address: '10.0.0.1:80', weight: 1, target: { kind: 'tcp', host: '10.0.0.1', port: 80 } }] }],
  };
  assert.deepEqual(JSON.parse(JSON.stringify(shownPlan(plan))), plan);
});

test('no secret of any field is shown', () => {
  const plan = {
    listeners: [
      { name: 'web', tls: { certificates: [{ material: { certPem: MARK, keyPem: MARK }, source: { kind: 'files', key: MARK } }] } },
    ],
    services: [{ name: 'a', affinity: { kind: 'cookie', secrets: [MARK] }, tls: { keyPem: MARK, certPem: MARK, caPem: MARK } }],
    stores: [{ name: 'redis', url: `redis://:${MARK}@host` }],
    acmeChallenges: { http: [{ token: MARK, keyAuthorization: MARK }], tls: [{ name: MARK, keyPem: MARK }] },
    routes: [
      {
        name: 'r',
        headers: [{ name: 'x-key', kind: 'equal', value: MARK }],
        action: { kind: 'respond', status: 200, headers: [['x', MARK]], body: MARK },
        filters: [
          { kind: 'basic-auth', basic: { users: [{ name: MARK, hash: MARK }] } },
          { kind: 'api-key', apiKey: { keys: [{ name: MARK, hash: MARK }] } },
          { kind: 'jwt', jwt: { issuers: [{ keys: { kind: 'secret', secret: MARK } }] } },
          { kind: 'headers', set: [['authorization', MARK]], add: [['x', MARK]] },
          { kind: 'forward-auth', url: `http://${MARK}@auth`, headers: { host: MARK } },
        ],
      },
    ],
    settings: {
      fleet: { services: [{ service: 'a', run: { command: ['x', MARK], env: { name: MARK, PASSWORD: MARK } } }] },
      observe: {
        admin: { token: MARK, tokens: [{ name: 'ci', sha256: MARK, scope: 'read' }] },
        otlp: { endpoint: MARK, headers: { name: MARK, host: MARK } },
        alerts: { sinks: [{ name: 'pager', kind: 'pagerduty', routingKey: MARK, url: MARK, headers: [['host', MARK]], to: [MARK] }] },
      },
    },
  };
  const text = JSON.stringify(shownPlan(plan));
  assert.ok(!text.includes(MARK), text);
  assert.ok(text.includes(HIDDEN) && text.includes('"ci"') && text.includes('"pager"'));
});

test('a field that nobody has listed is hidden, whatever lies in it', () => {
  const secret = constantFrom('env', 'headers', 'secret', 'unheardOf', 'body', 'value', 'users', 'labels');
  check(
    property(
      secret,
      dictionary(constantFrom('name', 'host', 'path', 'kind', 'a'), constantFrom(MARK, [MARK], [[MARK, MARK]], { name: MARK })),
      (name, part) => {
        const text = JSON.stringify(shownPlan({ services: [{ [name]: part }] }));
        assert.ok(!text.includes(MARK), text);
      },
    ),
  );
  check(
    property(
      anything({ maxDepth: 4, values: [constantFrom(MARK)] }),
      (value) => !JSON.stringify(shownPlan({ unheardOf: value })).includes(MARK),
    ),
  );
});
