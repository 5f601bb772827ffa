import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validate } from '../validate.ts';

const COMMAND = { command: ['node', 'server.js'] };

/** Faults and warnings of a configuration with this service, without the service's name in front. */
function said(service: object, rest: object = {}): string {
  const config = { listeners: { web: { http: ':8080' } }, services: { app: service }, routes: [{ to: 'app' }], ...rest };
  const result = validate(config, () => null);
  const list = result.ok ? result.warnings.map((one) => `warning: ${one.message}`) : result.faults.map(({ message }) => message);
  return list.map((line) => line.replace('service "app": ', '')).join('\n');
}

const withReplicas = (replicas: object, run: object = {}): string => said({ run: { ...COMMAND, ...run }, replicas });
const withPolicies = (scale: readonly unknown[], replicas: object = {}, run: object = {}): string =>
  withReplicas({ min: 1, max: 10, scale, ...replicas }, run);
const withSteps = (steps: readonly object[], signal: unknown = 'in-flight'): string => withPolicies([{ signal, steps }]);

test('a service has endpoints or instances, and says what to write', () => {
  assert.equal(said({ run: COMMAND }), '');
  assert.match(said({}), /^must have one of endpoints and run, but has none; write endpoints: .* or run: {/);
  assert.match(said({ run: COMMAND, endpoints: [] }), /^must have one of endpoints and run, but has both; instances are the endpoints/);
  assert.match(said({ endpoints: [], replicas: 2 }), /^replicas belongs to a service with run/);
  assert.match(said({ endpoints: [], deploy: {} }), /^deploy belongs to a service with run/);
});

test('what is run is of one kind, and has settings of that kind only', () => {
  const container = { image: 'a:1', port: 80 };
  assert.match(said({ run: { drain: '5s' } }), /^run must have exactly one of command, container, .* but has none$/);
  assert.match(said({ run: { ...COMMAND, container } }), /^run must have exactly one of .* has command and container$/);
  assert.match(said({ run: { container, env: {} } }), /^run\.env belongs to a command, .*; write it in container: { env }$/);
  assert.match(said({ run: { container, logs: {} } }), /^run\.logs belongs to a command, and this is container$/);
  assert.match(said({ run: { kubernetes: { deployment: 'a', service: 'a' }, user: 'a' } }), /^run\.user belongs to a command/);
  assert.match(said({ run: { autoScalingGroup: { name: 'a', port: 1 }, resources: {} } }), /^run\.resources .* the platform has it$/);
  assert.match(said({ run: { kubernetes: { service: 'a' } } }), /^run\.kubernetes must have exactly one of .* has none$/);
  assert.match(said({ run: { ...COMMAND, socket: true, host: '::1' } }), /^run\.host has no effect beside socket/);
  assert.match(said({ run: { ...COMMAND, ready: { http: '/', none: true } } }), /^run\.ready must have at most one of http, tcp and none/);
  assert.match(said({ run: { ...COMMAND, restart: { base: '1m' } } }), /^run\.restart must have base at most max, got 1m and 30s$/);
});

test('bounds of the number of instances are in order', () => {
  assert.match(withReplicas({ min: 5, max: 3 }), /^replicas must have min at most max, got 5 and 3$/);
  assert.match(withReplicas({ min: 2, max: 9, initial: 1 }), /^replicas\.initial must be within min and max, 2\.\.9, got 1$/);
  assert.match(said({ run: COMMAND, replicas: 0 }), /^replicas must be a whole number 1\.\.1000, .*got 0$/);
  assert.equal(withReplicas({ min: 4 }), '', 'max is not less than min');
  assert.match(
    withReplicas({ max: 9, behavior: { out: { share: 0, count: 0 } } }),
    /^replicas\.behavior\.out must have share or count above 0/,
  );
  assert.equal(withPolicies([{ signal: 'rps', target: 9 }], { behavior: { in: { share: 0, count: 0 } } }), '', 'never in is a wish');
});

test('a ceiling of cost is enough for the least', () => {
  const cost = { instanceHour: 0.1, ceiling: 0.25 };
  assert.match(
    withReplicas({ min: 3, max: 3, cost }),
    /^replicas\.cost\.ceiling must be at least 0\.3, which the min of 3 instances .* got 0\.25$/,
  );
  assert.equal(withReplicas({ min: 2, max: 2, cost }), '');
  assert.match(withReplicas({ min: 0, max: 2, cost: { instanceHour: 1, ceiling: 0.5 } }), /must be at least 1, which one instance/);
});

test('a level has the unit of its signal', () => {
  const target = (signal: unknown, level: unknown, run: object = {}): string => withPolicies([{ signal, target: level }], {}, run);
  const memory = { resources: { memory: '512MiB' } };
  assert.equal(target('cpu', '70%'), '');
  assert.match(target('cpu', 70), /^replicas\.scale\[0\]\.target must be a share 0\.\.1, or a percentage such as '70%' for cpu, got 70$/);
  assert.match(target('cpu', '200ms'), /target must be a share/);
  assert.equal(target('latency', '200ms'), '');
  assert.match(target('latency', 200), /target must be a duration with a unit, such as '200ms' for latency, got 200$/);
  assert.match(target('event-loop-delay', '5%'), /target must be a duration/);
  assert.match(target('in-flight', '20%'), /target must be a number of 0 or more for in-flight, got "20%"$/);
  assert.match(target('rps', 0), /target must be above 0, got 0$/);
  assert.match(
    target(() => 1, '5s'),
    /target must be a number of 0 or more, got "5s"$/,
  );
  assert.equal(target('memory', '256MiB', memory), '');
  assert.match(
    target('memory', '513MiB', memory),
    /target must be a share .* or a size within resources\.memory for memory, got "513MiB"$/,
  );
  assert.match(target('memory', 0.7), /^replicas\.scale\[0\]\.signal needs the bound .*; write resources: { memory: '512MiB' } in run$/);
  assert.match(
    target('memory', 0.7, { resources: { memory: 'much' } }),
    /^run\.resources\.memory must be a size [^\n]*$/,
    'one fault, not two',
  );
});

test('a policy has settings of its kind, and a figure one policy', () => {
  const target = { signal: 'in-flight', target: 20 };
  assert.match(
    withPolicies([target, { ...target, target: 30 }]),
    /^replicas\.scale\[1\] looks at the same as scale\[0\]; the largest answer wins/,
  );
  assert.equal(withPolicies([target, { signal: 'in-flight', steps: [{ above: 90, add: 3 }] }]), '');
  const latency = { signal: 'latency', target: '1s' };
  assert.equal(withPolicies([latency, { ...latency, percentile: 50 }]), '');
  assert.match(withPolicies([latency, { ...latency, percentile: 95 }]), /looks at the same/);
  const query = { prometheus: 'http://p', query: 'a' };
  assert.equal(
    withPolicies([
      { signal: query, target: 1 },
      { signal: { ...query, query: 'b' }, target: 1 },
    ]),
    '',
  );
  assert.match(
    withPolicies([
      { signal: query, target: 1 },
      { signal: { ...query, poll: '1m' }, target: 1 },
    ]),
    /looks at the same/,
  );
  assert.match(
    withPolicies([
      { predict: 'daily', target: 1 },
      { predict: 'daily', target: 2 },
    ]),
    /looks at the same/,
  );
  assert.match(withPolicies([{ ...target, percentile: 99 }]), /percentile belongs to the signal 'latency'$/);
  assert.match(withPolicies([{ ...target, per: 'instance' }]), /per belongs here only beside a function$/);
  assert.match(withPolicies([{ signal: query, target: 1, poll: '5s' }]), /poll belongs here .*; write signal: { …, poll }$/);
  assert.equal(withPolicies([{ signal: () => 1, target: 1, poll: '5s', per: 'instance' }]), '');
  assert.match(withPolicies([{ ...target, window: '5s', panic: { window: '6s' } }]), /panic\.window must be at most the window/);
});

test('steps say one thing each, and no figure asks for more and for fewer', () => {
  assert.equal(
    withSteps([
      { above: 20, add: 2 },
      { above: 40, add: '50%' },
      { below: 5, remove: 1 },
    ]),
    '',
  );
  assert.match(withSteps([{ above: 20, below: 5, add: 1 }]), /steps\[0\] must have exactly one of above and below, but has both$/);
  assert.match(withSteps([{ above: 20 }]), /steps\[0\] must have exactly one of add and remove, but has none$/);
  assert.match(
    withSteps([
      { above: 20, add: 1 },
      { above: 20, add: 2 },
    ]),
    /steps\[1\]\.above is the bound of steps\[0\], too$/,
  );
  assert.match(
    withSteps([
      { above: 20, add: 1 },
      { below: 20, remove: 1 },
    ]),
    /steps\[1\]\.below must be less than above in steps\[0\], or both/,
  );
  assert.match(withSteps([{ above: 20, remove: 1 }]), /steps\[0\] must add: more of this signal is more load$/);
  assert.equal(withSteps([{ below: 3, add: 1 }], { url: 'http://h/free' }), '', 'a figure from elsewhere may be of what is free');
  assert.match(withSteps([{ above: 90, add: 1 }], 'cpu'), /steps\[0\]\.above must be a share .* got 90$/);
  assert.match(withSteps([{ above: 20, add: 0 }]), /steps\[0\]\.add must be above 0, got 0$/);
});

test('times are looked at when the configuration is', () => {
  const schedule = (entry: object): string => withPolicies([{ schedule: '0 8 * * 1-5', min: 4, for: '1h', ...entry }]);
  assert.equal(schedule({ zone: 'America/Argentina/Buenos_Aires' }), '');
  assert.equal(schedule({ schedule: '*/15 8-18 1,15 JAN-MAR mon' }), '');
  for (const wrong of [
    '0 8 * *',
    '0 0 8 * * 1',
    '@daily',
    '60 8 * * *',
    '0 8 * * 8',
    '0 8 L * *',
    '0 8 ? * *',
    '5-1 * * * *',
    '',
    '0 8 * * * *',
  ]) {
    assert.match(schedule({ schedule: wrong }), /schedule must be a cron expression of five fields/, wrong);
  }
  assert.match(schedule({ schedule: '0 0 30 2 *' }), /; it never comes$/);
  assert.match(schedule({ schedule: '0 8 * *' }), /; it has 4 fields$/);
  assert.match(schedule({ zone: 'Berlin' }), /zone must be a time zone such as 'Europe\/Berlin' or 'UTC', got "Berlin"$/);
  assert.match(withPolicies([{ schedule: '0 8 * * *' }]), /scale\[0\] must have min, max or both$/);
  assert.match(schedule({ min: 5, max: 4 }), /scale\[0\] must have min at most max, got 5 and 4$/);
  assert.match(schedule({ min: 11 }), /scale\[0\]\.min must be at most the max of replicas, 10, got 11$/);
  assert.match(
    withPolicies([{ schedule: '0 8 * * *', max: 1, for: '1h' }], { min: 2 }),
    /max must be at least the min of replicas, 2, got 1$/,
  );
  const event = (at: string): string => withPolicies([{ at, for: '4h', times: 4 }]);
  assert.equal(event('2026-11-27T08:00+01:00'), '');
  for (const wrong of ['2026-11-27', '2026-11-27T08:00:00', '2026-13-27T08:00:00Z', 'tomorrow']) {
    assert.match(event(wrong), /at must be a moment with its offset/, wrong);
  }
});

test('a deploy can move, and a canary rises', () => {
  const deploy = (settings: object, run: object = COMMAND): string => said({ run, deploy: settings });
  assert.match(deploy({ maxSurge: 0 }), /^deploy must have maxSurge or maxUnavailable above 0/);
  assert.match(deploy({ maxSurge: '0%', maxUnavailable: '0%' }), /^deploy must have/);
  assert.equal(deploy({ maxSurge: 0, maxUnavailable: 1 }), '');
  const steps = [
    { share: '50%', pause: '1m' },
    { share: 0.2, pause: '1m' },
  ];
  assert.match(deploy({ canary: steps }), /^deploy\.canary\[1\]\.share must be more than in the step before, got 0\.2$/);
  assert.match(
    deploy({ strategy: 'rolling', canary: steps.slice(0, 1) }),
    /^deploy\.canary has no effect with another strategy; write strategy/,
  );
  assert.match(deploy({}, { kubernetes: { deployment: 'a', service: 'a' } }), /^deploy belongs to a command or container: with kubernetes/);
});

test("this machine's budget is enough for the min of all services", () => {
  const services = {
    app: { run: { ...COMMAND, resources: { cpu: 0.1, memory: '1GiB' } }, replicas: 3 },
    more: {
      run: { ...COMMAND, resources: { cpu: 0.2, memory: '512MiB' } },
      replicas: { min: 2, max: 20, scale: [{ signal: 'rps', target: 5 }] },
    },
  };
  const routes = [{ to: { app: 1, more: 1 } }];
  const under = (budget: object): string => said({}, { services, routes, fleet: { budget } });
  assert.equal(under({ cpu: 0.7, memory: '4GiB' }), '');
  assert.match(under({ cpu: 0.69 }), /^fleet\.budget\.cpu must be at least 0\.7, which the min of all services needs, got 0\.69$/);
  assert.match(under({ memory: '4095MiB' }), /^fleet\.budget\.memory must be at least 4096MiB, which .* got "4095MiB"$/);
});

test('instances do not stand behind the kernel, nor sockets behind UDP', () => {
  const kernel = { listeners: { db: { tcp: ':5432', engine: 'kernel', to: 'app' } }, routes: undefined };
  assert.match(
    said({ run: COMMAND }, kernel),
    /^listener "db": to leads to service "app", whose instances Sluice runs, .*; leave engine 'kernel' out$/,
  );
  const udp = { listeners: { dns: { udp: ':5353', to: 'app' } }, routes: undefined };
  assert.match(said({ run: { ...COMMAND, socket: true } }, udp), /^run\.socket cannot be beside listener "dns"/);
  assert.equal(said({ run: COMMAND }, { listeners: { db: { tcp: ':5432', to: 'app' } }, routes: undefined }), '');
});

test('instances count among the endpoints that all services may have', () => {
  const services = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`s${index}`, { run: COMMAND, replicas: 1_000 }]));
  assert.match(said({}, { services, routes: [] }), /^services must have at most 16384 endpoints together, got 17000$/);
});

test('what is probably not meant is a warning', () => {
  const scale = [{ signal: 'in-flight', target: 20 }];
  assert.match(withReplicas({ min: 0, max: 2, scale, park: { requests: 0 } }), /^warning: replicas\.park\.requests is 0 and min, too/);
  assert.match(withReplicas({ min: 2, max: 2, scale }), /^warning: replicas\.scale has no effect: min and max are both 2$/);
  assert.match(withReplicas({ min: 1, max: 5 }), /^warning: replicas has no policies: only `sluice scale`/);
  assert.match(
    withPolicies([{ schedule: '0 8 * * *', min: 4 }]),
    /^warning: replicas\.scale\[0\] never ends: there is no other schedule; write for/,
  );
  assert.equal(
    withPolicies([
      { schedule: '0 8 * * *', min: 4 },
      { schedule: '0 20 * * *', min: 1 },
    ]),
    '',
  );
  const fleet = { budget: { cpu: 4 } };
  assert.match(said({ run: COMMAND }, { fleet }), /^warning: run\.resources\.cpu is not given, so that fleet\.budget\.cpu does not count/);
});

test('environments may hold secrets, and are not shown', () => {
  const env = { PASS: 'hunter2\0', PORT: ['hunter2'] };
  const faults = said({ run: { ...COMMAND, env } });
  assert.match(faults, /^run\.env\.PASS must be a text/);
  assert.ok(!faults.includes('hunter2'), faults);
});
