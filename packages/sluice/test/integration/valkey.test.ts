/** The client of Valkey and Redis, and its scripts, against a real server: one that is well, that refuses, that is killed, and that is stopped. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONCURRENCY_RELEASE, CONCURRENCY_TAKE, concurrencyValues, GCRA_LEASE, gcraLeaseValues } from '../../src/clients/valkey/scripts.ts';
import {
  readLeaseAnswer,
  readStoreVerdict,
  SLIDING_WINDOW,
  slidingWindowValues,
  type StoreVerdict,
} from '../../src/clients/valkey/scripts.ts';
import { ValkeyClient, type ValkeyOptions } from '../../src/clients/valkey/valkey-client.ts';
import type { ValkeyState } from '../../src/clients/valkey/valkey-connection.ts';
import type { ValkeyFault, ValkeyFaultKind } from '../../src/clients/valkey/valkey-fault.ts';
import { valkeyScript } from '../../src/clients/valkey/valkey-script.ts';
import { ValkeySubscriber } from '../../src/clients/valkey/valkey-subscriber.ts';
import { nodeRuntime } from '../../src/io/node-runtime.ts';
import { skipWithout } from '../support/system-program.ts';
import { tlsMaterial } from '../support/tls-material.ts';
import { ValkeyServer } from '../support/valkey-server.ts';
import { eventually, within } from '../support/waiting.ts';

const skip = skipWithout('redis-server');

interface Connected extends Disposable {
  readonly client: ValkeyClient;
  readonly said: ValkeyState[];
}

function clientOf(url: string, options: Partial<ValkeyOptions> = {}): Connected {
  const said: ValkeyState[] = [];
  const client = new ValkeyClient({ url, runtime: nodeRuntime, say: (state) => said.push(state), commandTimeoutMs: 2_000, ...options });
  client.start();
  return { client, said, [Symbol.dispose]: () => client.close() };
}

async function connected(server: ValkeyServer, options: Partial<ValkeyOptions> = {}): Promise<Connected> {
  const it = clientOf(server.url, options);
  await eventually(5_000, 'the client is connected', () => it.client.isUp);
  return it;
}

function isFault(kind: ValkeyFaultKind): (error: ValkeyFault) => boolean {
  return (error) => error.name === 'ValkeyFault' && error.kind === kind;
}

describe('a server that is well', { skip }, () => {
  test('keeps bytes as they are, until they expire', async () => {
    await using server = await ValkeyServer.start();
    using it = await connected(server);
    const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
    await it.client.set('a', bytes.subarray(1), 60_000);
    await it.client.set('b', new Uint8Array(0), 30);
    assert.deepEqual(await it.client.getMany(['a', 'none', 'b']), [Buffer.from(bytes.subarray(1)), null, Buffer.alloc(0)]);
    await eventually(2_000, 'b has expired', async () => (await it.client.get('b')) === null);
    assert.equal(await it.client.delete(['a', 'none']), 1);
    assert.equal(await it.client.get('a'), null);
    assert.deepEqual(it.said, [{ state: 'up' }]);
  });

  test('answers commands of one turn in one round trip', async () => {
    await using server = await ValkeyServer.start();
    using it = await connected(server);
    const reads = async (): Promise<number> =>
      Number(/total_reads_processed:(\d+)/.exec(String(await it.client.command(['INFO', 'stats'])))![1]);
    const before = await reads();
    await Promise.all(Array.from({ length: 50 }, (_, key) => it.client.set(`k${key}`, Buffer.from('v'), 1_000)));
    assert((await reads()) - before <= 3, 'fifty commands arrived in a read or two');
  });

  test('is given a script that it does not have, and again when it has forgotten it', async () => {
    await using server = await ValkeyServer.start();
    using it = await connected(server);
    const script = valkeyScript("return {ARGV[1], #KEYS, 'x'}");
    assert.deepEqual(await it.client.run(script, ['k'], [Buffer.from([0, 255])]), [Buffer.from([0, 255]), 1, Buffer.from('x')]);
    await it.client.command(['SCRIPT', 'FLUSH']);
    assert.deepEqual(await it.client.run(script, [], ['a']), [Buffer.from('a'), 0, Buffer.from('x')]);
  });

  test('is spoken to over TLS where the URL says so, and only if its certificate is good', async () => {
    using material = await tlsMaterial();
    const { files } = await material.leaf('valkey', ['valkey.test', '127.0.0.1']);
    await using server = await ValkeyServer.start((port) => [
      ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
      ...['--tls-cert-file', files.cert, '--tls-key-file', files.key, '--tls-ca-cert-file', material.caFile],
    ]);
    const url = server.url.replace('redis:', 'rediss:');
    const tls = { ca: material.authority.certPem, certificate: null, key: null, serverName: 'valkey.test' };
    using good = clientOf(url, { tls });
    await eventually(5_000, 'it is connected', () => good.client.isUp);
    assert.equal(await good.client.get('a'), null);
    using strange = clientOf(url);
    await eventually(5_000, 'it is refused', () => strange.said.length > 0);
    assert.match((strange.said[0] as { reason: string }).reason, /certificate/);
    using other = clientOf(url, { tls: { ...tls, serverName: 'other.test' } });
    await eventually(5_000, 'another name is refused', () => other.said.length > 0);
    assert.match((other.said[0] as { reason: string }).reason, /other\.test|altnames/);
  });

  test('refuses a command that is wrong, and goes on', async () => {
    await using server = await ValkeyServer.start();
    using it = await connected(server);
    await it.client.command(['RPUSH', 'list', 'a']);
    await assert.rejects(it.client.get('list'), isFault('refused'));
    assert.equal(await it.client.get('none'), null);
  });
});

describe('a server that is not', { skip }, () => {
  test('fails commands at once while there is no connection, and a failure that nobody looks at harms nobody', async () => {
    await using server = await ValkeyServer.start();
    await server.kill();
    using it = clientOf(server.url);
    await eventually(5_000, 'the failure is said', () => it.said.length > 0);
    const start = performance.now();
    void it.client.get('a');
    await assert.rejects(it.client.get('a'), isFault('away'));
    assert(performance.now() - start < 50);
    await sleep(300); // several attempts
    assert.equal(it.said.length, 1, 'said once');
    assert.match((it.said[0] as { reason: string }).reason, /ECONNREFUSED/);
  });

  test('that was killed is connected to again when it is back', async () => {
    await using server = await ValkeyServer.start();
    using it = await connected(server);
    await server.kill();
    await eventually(2_000, 'the loss is noticed', () => !it.client.isUp);
    await server.start();
    await eventually(5_000, 'it is connected again', () => it.client.isUp);
    await it.client.set('a', Buffer.from('v'), 1_000);
    assert.deepEqual([it.said[0]!.state, it.said.at(-1)!.state], ['up', 'up']);
    assert(it.said.length <= 4, JSON.stringify(it.said));
  });

  test('that is stopped costs each command its deadline, then the connection, and is back when it goes on', async () => {
    await using server = await ValkeyServer.start();
    using it = await connected(server, { commandTimeoutMs: 100, connectTimeoutMs: 300 });
    server.stop();
    const start = performance.now();
    await assert.rejects(it.client.get('a'), isFault('late'));
    const waitedMs = performance.now() - start;
    assert(waitedMs >= 95 && waitedMs < 400, `${waitedMs} ms`);
    await eventually(5_000, 'it is given up', async () => {
      await it.client.get('a').catch(() => null);
      return !it.client.isUp;
    });
    assert.match((it.said.at(-1) as { reason: string }).reason, /no answer for 1 s/);
    await assert.rejects(it.client.get('a'), isFault('away'));
    await eventually(5_000, 'the kernel takes the connection and nobody answers', () =>
      /within 300 ms/.test(JSON.stringify(it.said.at(-1))),
    );
    server.resume();
    await eventually(15_000, 'it is connected again', () => it.client.isUp);
    assert.equal(await it.client.get('a'), null);
  });

  test('that wants another password says so, and the password is nowhere to be read', async () => {
    await using server = await ValkeyServer.start(() => ['--requirepass', 'right-horse']);
    using it = clientOf(server.url.replace('//', '//:wrong%20horse@'));
    await eventually(5_000, 'the refusal is said', () => it.said.length > 0);
    assert.match((it.said[0] as { reason: string }).reason, /WRONGPASS/);
    const error = await it.client.get('a').then(
      () => null,
      (fault: Error) => fault,
    );
    for (const text of [JSON.stringify(it.said), String(error), it.client.shown]) assert(!/wrong|horse/.test(text), text);
    using right = clientOf(server.url.replace('//', '//default:right-horse@'));
    await eventually(5_000, 'the right one is taken', () => right.client.isUp);
    using none = clientOf(server.url);
    await eventually(5_000, 'none at all is refused', () => /NOAUTH/.test(JSON.stringify(none.said)));
  });
});

describe('messages', { skip }, () => {
  test('reach those who listen, and those who were away are told that they may have missed some', async () => {
    await using server = await ValkeyServer.start();
    using it = await connected(server);
    const heard: string[] = [];
    const said: ValkeyState[] = [];
    let gaps = 0;
    const subscriber = new ValkeySubscriber({
      url: server.url,
      channel: 'purge',
      runtime: nodeRuntime,
      say: (state) => said.push(state),
      onMessage: (message) => heard.push(message.toString('latin1')),
      onGap: () => gaps++,
    });
    subscriber.start();
    try {
      await eventually(5_000, 'it is subscribed', () => said.length === 1);
      assert.equal(await it.client.publish('purge', Buffer.from([0x61, 0xff])), 1);
      await eventually(2_000, 'it is heard', () => heard.length === 1);
      assert.deepEqual([heard, gaps], [['a\xff'], 0]);
      await server.kill();
      await server.start();
      await eventually(10_000, 'both are back', () => gaps === 1 && it.client.isUp);
      await eventually(5_000, 'it hears again', async () => {
        await it.client.publish('purge', 'b').catch(() => 0);
        return heard.includes('b');
      });
    } finally {
      subscriber.close();
    }
  });
});

describe('scripts', { skip }, () => {
  test('a rate grants what there is, charges debts in any case, and says when there is more', async () => {
    await using server = await ValkeyServer.start();
    using it = await connected(server);
    const rule = { rate: 10, periodMs: 60_000, burst: 5 };
    const take = async (want: number, debt: number) =>
      readLeaseAnswer(await it.client.run(GCRA_LEASE, ['rate'], gcraLeaseValues(rule, want, debt)));
    assert.deepEqual(await take(0, 0), { granted: 0, remaining: 5, retryAfterMs: 0 });
    assert.deepEqual(await take(3, 0), { granted: 3, remaining: 2, retryAfterMs: 0 });
    const partly = await take(9, 1);
    assert.deepEqual([partly.granted, partly.remaining], [1, 0]);
    assert(partly.retryAfterMs > 5_000 && partly.retryAfterMs <= 6_000, `${partly.retryAfterMs}`);
    const owing = await take(1, 3);
    assert.equal(owing.granted, 0);
    assert(owing.retryAfterMs > 23_000 && owing.retryAfterMs <= 24_000, `${owing.retryAfterMs}`);
    const ttlMs = Number(await it.client.command(['PTTL', 'rate']));
    assert(ttlMs > 46_000 && ttlMs <= 48_001, `${ttlMs}: until it is idle`);
  });

  test('a window lets in its limit, says when to come again, and fades', async () => {
    await using server = await ValkeyServer.start();
    using it = await connected(server);
    const rule = { limit: 4, windowMs: 400 };
    const take = async (cost: number): Promise<StoreVerdict> =>
      readStoreVerdict(await it.client.run(SLIDING_WINDOW, ['window'], slidingWindowValues(rule, cost)));
    const first = await take(4);
    assert.deepEqual([first.allowed, first.remaining], [true, 0]);
    const refused = await take(1);
    assert(!refused.allowed && refused.retryAfterMs > 0 && refused.retryAfterMs <= 500, JSON.stringify(refused));
    assert.equal((await take(5)).retryAfterMs, Infinity);
    await sleep(refused.retryAfterMs + 5);
    assert.equal((await take(1)).allowed, true);
    await eventually(3_000, 'nothing is left of it', async () => (await it.client.get('window')) === null);
  });

  test('places in flight are as many as the limit, are renewed, given back, and free by themselves', async () => {
    await using server = await ValkeyServer.start();
    using it = await connected(server);
    const take = async (holder: string, ttlMs = 10_000): Promise<StoreVerdict> =>
      readStoreVerdict(await it.client.run(CONCURRENCY_TAKE, ['flight'], concurrencyValues(holder, 2, ttlMs)));
    assert.deepEqual([(await take('a')).remaining, (await take('b', 100)).remaining, (await take('a')).remaining], [1, 0, 0]);
    assert.equal((await take('c')).allowed, false);
    await eventually(2_000, "b's place is free", async () => (await take('c')).allowed);
    assert.equal(await it.client.run(CONCURRENCY_RELEASE, ['flight'], ['a', 'c', 'none']), 2);
    assert.equal((await take('d')).remaining, 1);
  });
});

test('nothing of the library is loaded before the first connection', { skip }, async () => {
  const { spawn } = await import('node:child_process');
  const path = new URL('../../src/clients/valkey/valkey-client.ts', import.meta.url).href;
  const source = `const { ValkeyClient } = await import(${JSON.stringify(path)});
    const { createRequire } = await import('node:module');
    console.log(Object.keys(createRequire(import.meta.url).cache ?? {}).filter((name) => name.includes('@redis')).length, typeof ValkeyClient);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await within(10_000, 'the process ends', once(child, 'close'));
  assert.equal(output.trim(), '0 function');
});
