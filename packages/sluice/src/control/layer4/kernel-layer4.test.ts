/** The loop, with its time moved by the test. That the scripts do what they should is shown with the real kernel in `test/integration/kernel-layer4.test.ts`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { manualRuntime } from '../../../test/support/manual-runtime.ts';
import type { KernelDescription, KernelEndpoint, KernelListener } from '../../core/layer4/kernel-description.ts';
import type { CounterReadings, ListenerCounts } from '../../core/layer4/nft-counters.ts';
import type { TrackedSessions } from '../../io/conntrack.ts';
import { NftError } from '../../io/nft.ts';
import { KernelLayer4 } from './kernel-layer4.ts';

/** A kernel that takes every script, or fails as it is told. */
class TestKernel {
  readonly scripts: string[] = [];
  readonly failures: NftError[] = [];
  readings: CounterReadings | null = new Map();
  isLeftOver = false;
  /** Holds transactions until released. */
  gate: Promise<void> | null = null;

  async apply(script: string): Promise<void> {
    await this.gate;
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.scripts.push(script);
  }

  async hasTable(): Promise<boolean> {
    return this.isLeftOver;
  }

  async counters(): Promise<CounterReadings> {
    if (this.readings === null) throw new NftError('lost', 'no such table');
    return this.readings;
  }
}

function setUp() {
  const runtime = manualRuntime();
  const kernel = new TestKernel();
  const said: string[] = [];
  const counts: (readonly ListenerCounts[])[] = [];
  const forgotten: TrackedSessions[] = [];
  const network = { addresses: () => ['10.0.0.1'], networks: () => ['10.0.0.1/24'], isForwarding: () => true };
  const layer4 = new KernelLayer4({
    name: 'test',
    nft: kernel,
    network,
    forget: async (sessions) => (forgotten.push(sessions), 'conntrack is not installed'),
    runtime,
    say: (level, what, detail) => void said.push(`${level} ${what} ${detail['reason'] ?? ''}`.trim()),
    counted: (latest) => void counts.push(latest),
  });
  /** Moves time and lets everything that follows happen. */
  const advance = async (ms: number) => {
    runtime.advance(ms);
    for (let round = 0; round < 5; round++) await turn();
  };
  return { runtime, kernel, said, counts, forgotten, network, layer4, advance };
}

function description(fields: Partial<KernelListener> = {}, ...states: KernelEndpoint['state'][]): KernelDescription {
  const endpoints = (states.length === 0 ? ['up' as const, 'up' as const] : states).map((state, index) => {
    return { address: `10.0.0.1${index}`, port: 80, weight: 1, state };
  });
  const listener: KernelListener = {
    name: 'web',
    protocol: 'tcp',
    host: '10.0.0.1',
    port: 80,
    method: 'round-robin',
    endpoints,
    masquerade: 'auto',
    onDown: 'keep',
  };
  return { listeners: [{ ...listener, ...fields }] };
}

const FIRST = { listener: 'web', address: '10.0.0.10', port: 80 };
const SECOND = { ...FIRST, address: '10.0.0.11' };

test('the first description replaces the table, later ones change it, equal ones do nothing', async () => {
  const { kernel, layer4, advance } = setUp();
  const first = layer4.set(description());
  await advance(0);
  await first;
  assert.match(kernel.scripts[0]!, /^add table inet sluice_test\ndelete table inet sluice_test\nadd table inet sluice_test\n/);
  for (const next of [description({}, 'up', 'down'), description({}, 'up', 'down')]) {
    const set = layer4.set(next);
    await advance(50);
    await set;
  }
  assert.equal(kernel.scripts.length, 2);
  assert.doesNotMatch(kernel.scripts[1]!, /table inet sluice_test\n/);
  await layer4.settled();
});

test('changes within 50 ms are one transaction, and none overtakes another', async () => {
  const { kernel, layer4, advance } = setUp();
  void layer4.set(description());
  await advance(0);
  assert.equal(layer4.change(FIRST, { state: 'down' }), true);
  await advance(49);
  assert.equal(layer4.change(SECOND, { weight: 7 }), true);
  assert.equal(kernel.scripts.length, 1);
  await advance(1);
  assert.equal(kernel.scripts.length, 2);
  const gate = Promise.withResolvers<void>();
  kernel.gate = gate.promise;
  layer4.change(FIRST, { state: 'up' });
  await advance(50);
  layer4.change(FIRST, { state: 'down' });
  layer4.change(SECOND, { state: 'draining' });
  await advance(1_000);
  gate.resolve();
  await advance(0);
  assert.equal(kernel.scripts.length, 3);
  await advance(50);
  assert.equal(kernel.scripts.length, 4);
  assert.match(kernel.scripts[3]!, /flush map inet sluice_test slots\/web\/4\n$/);
});

test('a change of what is not there, or to what cannot be, is refused', async () => {
  const { layer4, advance } = setUp();
  void layer4.set(description());
  await advance(0);
  assert.equal(layer4.change({ ...FIRST, port: 81 }, { state: 'down' }), false);
  assert.equal(layer4.change({ ...FIRST, listener: 'other' }, { state: 'down' }), false);
  assert.equal(layer4.change(FIRST, { weight: 0.5 }), false);
});

test('a failure is told once, tried again with growing waits, and the whole table is written then', async () => {
  const { kernel, said, layer4, advance } = setUp();
  for (let index = 0; index < 3; index++) kernel.failures.push(new NftError('refused', 'nft: busy'));
  const set = layer4.set(description());
  const refused = assert.rejects(set, /nft: busy/);
  await advance(0);
  await refused;
  await advance(250);
  assert.equal(kernel.failures.length, 1);
  await advance(200);
  assert.equal(kernel.failures.length, 1, 'the second wait is longer than 200 ms');
  await advance(300);
  assert.equal(kernel.failures.length, 0);
  await advance(10_000);
  assert.match(kernel.scripts[0]!, /^add table/);
  assert.deepEqual(said, ['error kernel-layer4-failed nft: busy', 'info kernel-layer4-recovered']);
});

test('a transaction of which nobody knows whether it was applied is followed by the whole table', async () => {
  const { kernel, layer4, advance } = setUp();
  void layer4.set(description());
  await advance(0);
  kernel.failures.push(new NftError('unknown', 'nft was ended'));
  layer4.change(FIRST, { state: 'down' });
  await advance(50);
  await advance(10_000);
  assert.match(kernel.scripts.at(-1)!, /^add table inet sluice_test\ndelete table/);
});

test('a table that was left over is taken over, which is told', async () => {
  const { kernel, said, layer4, advance } = setUp();
  kernel.isLeftOver = true;
  void layer4.set(description());
  await advance(0);
  assert.deepEqual(said, ['info kernel-layer4-takeover']);
});

test('counts come every 5 s and go on when the table was lost and written again', async () => {
  const { kernel, said, counts, layer4, advance } = setUp();
  void layer4.set(description());
  await advance(0);
  const reading = (packets: number) => new Map([['new/web/10.0.0.10/80', { packets, bytes: packets * 60 }]]);
  const connections = () => counts.at(-1)?.[0]?.endpoints[0]?.connections;
  kernel.readings = reading(10);
  await advance(5_000);
  assert.equal(connections(), 10);
  kernel.readings = null;
  await advance(5_000);
  await advance(50);
  assert.equal(kernel.scripts.length, 2);
  kernel.readings = reading(12);
  await advance(5_000);
  assert.equal(connections(), 22);
  assert.match(said.join(), /^warn kernel-layer4-lost/);
});

test('a network that the machine joins later is masqueraded', async () => {
  const { kernel, network, layer4, advance } = setUp();
  network.networks = () => [];
  void layer4.set(description());
  await advance(0);
  assert.doesNotMatch(kernel.scripts[0]!, /10\.0\.0\.0\/24/);
  network.networks = () => ['10.0.0.1/24'];
  await advance(5_000);
  await advance(50);
  assert.match(kernel.scripts[1]!, /ip saddr 10\.0\.0\.0\/24 ip daddr 10\.0\.0\.0\/24 masquerade/);
});

test('UDP sessions of endpoints that go down are forgotten once each, where the listener says so', async () => {
  const { said, forgotten, layer4, advance } = setUp();
  void layer4.set(description({ protocol: 'udp', onDown: 'cut' }));
  await advance(0);
  layer4.change(FIRST, { state: 'down' });
  await advance(50);
  layer4.change(SECOND, { state: 'down' });
  await advance(50);
  assert.deepEqual(
    forgotten.map(({ host, port, endpoint }) => [host, port, endpoint.address]),
    [
      ['10.0.0.1', 80, '10.0.0.10'],
      ['10.0.0.1', 80, '10.0.0.11'],
    ],
  );
  assert.deepEqual(said, ['warn kernel-layer4-sessions-kept conntrack is not installed']);
});

test('what keeps clients from getting through is told once, with the remedy', async () => {
  const { said, network, layer4, advance } = setUp();
  network.isForwarding = () => false;
  for (let round = 0; round < 2; round++) {
    void layer4.set(description({ host: '10.0.0.9' }));
    await advance(50);
  }
  assert.equal(said.length, 2);
  assert.match(said[0]!, /10\.0\.0\.9 is not an address of this machine/);
  assert.match(said[1]!, /sysctl -w net\.ipv4\.ip_forward=1/);
});

test('drained, nothing takes new connections', async () => {
  const { kernel, layer4, advance } = setUp();
  void layer4.set(description());
  await advance(0);
  const drained = layer4.drain();
  await advance(50);
  await drained;
  assert.match(kernel.scripts[1]!, /flush map inet sluice_test slots\/web\/4/);
});

test('the end removes the table, waits for what is under way, and nothing is written afterwards', async () => {
  const { runtime, kernel, layer4, advance } = setUp();
  const gate = Promise.withResolvers<void>();
  kernel.gate = gate.promise;
  const set = layer4.set(description());
  await advance(0);
  const ended = layer4[Symbol.asyncDispose]();
  gate.resolve();
  await set;
  await ended;
  assert.equal(kernel.scripts.at(-1), 'add table inet sluice_test\ndelete table inet sluice_test\n');
  assert.equal(runtime.waiting, 0);
  assert.equal(layer4.change(FIRST, { state: 'down' }), false);
  await assert.rejects(layer4.set(description()), /has ended/);
  await layer4[Symbol.asyncDispose]();
  await advance(10_000);
  assert.equal(kernel.scripts.length, 2);
});

test('the end of one that never had anything touches nothing', async () => {
  const { kernel, layer4 } = setUp();
  await layer4.drain();
  await layer4[Symbol.asyncDispose]();
  assert.deepEqual(kernel.scripts, []);
});

test('a table that cannot be removed is told with the command', async () => {
  const { kernel, said, layer4, advance } = setUp();
  void layer4.set(description());
  await advance(0);
  kernel.failures.push(new NftError('forbidden', 'nft may not'));
  await layer4[Symbol.asyncDispose]();
  assert.deepEqual(said, ['error kernel-layer4-left nft may not']);
});
