/** Scaling by hand and by load, pauses, and what becomes of long-lived connections and sessions when their instance goes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { APP, startFleet, type FleetSite } from '../support/fleet-site.ts';
import type { FleetServiceStatus } from '../../src/observe/fleet-status.ts';
import { describeMixed, startMixedLoad } from '../support/mixed-load.ts';
import { runSluice } from '../support/sluice-process.ts';
import { within } from '../support/waiting.ts';

const RUN = { command: APP, ready: { http: '/', interval: '500ms' }, drain: '5s', stop: '2s' };

async function command(site: FleetSite, ...args: string[]): Promise<string> {
  const { code, output } = await runSluice([...args, '--admin', site.admin]);
  assert.equal(code, 0, output);
  return output;
}

test('sluice scale: from one to five and back, under load', { timeout: 60_000 }, async (t) => {
  const site = await startFleet(t, { run: RUN, replicas: { min: 1, max: 5 } }, 1);
  const load = startMixedLoad(t, site.url);
  assert.match(await command(site, 'scale', 'app', '5'), /app has 5 instances/);
  await site.settled(5);
  await load.more(200);
  assert.match(await command(site, 'scale', 'app', '1'), /app has 1 instance/);
  await site.settled(1);
  await load.more(100);
  const counts = await load.stop();
  assert.deepEqual(counts.failures, [], describeMixed(counts));
  assert.equal(counts.byInstance.size, 5);
  assert.match(await command(site, 'why', 'app'), /manual|sluice scale/);
  const { code, output } = await runSluice(['scale', 'app', '6', '--admin', site.admin]);
  assert.equal(code, 1);
  assert.match(output, /must be 1\.\.5/);
});

test('load makes instances, and silence takes them away', { timeout: 60_000 }, async (t) => {
  const behavior = { in: { stabilization: '2s', count: 10, period: '1s' } };
  const scale = [{ signal: 'in-flight', target: 4, window: '2s' }];
  const site = await startFleet(t, { run: RUN, replicas: { min: 1, max: 4, scale, behavior } }, 1);
  const load = startMixedLoad(t, site.url, { lanes: 16, path: '/?ms=50', pauseMs: 1 });
  const { lastDecision } = await site.until('four instances', ({ ready }) => ready === 4);
  assert.equal(lastDecision?.winner, 'in-flight');
  const counts = await load.stop();
  assert.deepEqual(counts.failures, [], describeMixed(counts));
  await site.settled(1);
});

test('a protected instance outlives a scale-in; a deploy replaces it all the same', { timeout: 60_000 }, async (t) => {
  const site = await startFleet(t, { run: RUN, replicas: { min: 1, max: 3, initial: 3 } }, 3);
  await site.tell('instances/app.2/protect', { protected: true });
  await site.tell('scale', { instances: 1 });
  const { instances } = await site.settled(1);
  assert.deepEqual(
    instances.map(({ id, isProtected }) => [id, isProtected]),
    [['app.2', true]],
  );
  await site.tell('deploy');
  await site.until('it is replaced', (status) => status.deploy === null && status.instances.every(({ id }) => id !== 'app.2'));
});

test('a pause holds requests and loses none; its deadline ends it', { timeout: 60_000 }, async (t) => {
  const site = await startFleet(t, { run: RUN, replicas: 2 }, 2);
  const load = startMixedLoad(t, site.url, { lanes: 12 });
  await load.more(50);
  await site.tell('pause', { deadline: '10s' });
  await site.until('all twelve wait', ({ parked, isPaused }) => isPaused && parked === 12);
  const held = load.counts.total;
  await site.tell('resume');
  await load.more(50);
  assert.ok(load.counts.total >= held + 50);
  await site.tell('pause', { deadline: '600ms' });
  await site.until('all twelve wait', ({ parked }) => parked === 12);
  await site.sluice.line(/ pause-ended /);
  await load.more(50);
  const counts = await load.stop();
  assert.deepEqual(counts.failures, [], describeMixed(counts));
  assert.ok(Math.max(...counts.latenciesMs) < 5_000, 'nobody waited for longer than the pause');
});

test('a WebSocket is told goodbye when its instance goes, and every message before that comes back', { timeout: 60_000 }, async (t) => {
  const service = { run: { ...RUN, drain: '1s' }, replicas: { min: 1, max: 3, initial: 3 }, balance: 'round-robin' };
  const site = await startFleet(t, service, 3);
  const sockets = await Promise.all(Array.from({ length: 9 }, () => openSocket(site.url)));
  await site.tell('scale', { instances: 1 });
  const { instances } = await site.settled(1);
  const survivor = instances[0]!.id;
  for (const socket of sockets.filter(({ instance }) => instance !== survivor)) {
    const end = await within(5_000, 'its end', socket.closed);
    assert.equal(end.code, 1001, `of ${socket.instance}`);
    // A message and the goodbye may pass each other on the way: after a close frame nothing more is sent (RFC 6455 §5.5.1).
    assert.ok(end.echoed > 0 && end.echoed >= end.sent - 1, `${end.echoed} of ${end.sent} came back`);
  }
  const left = sockets.filter(({ instance }) => instance === survivor);
  assert.ok(left.length > 0 && left.length < sockets.length);
  for (const { socket } of left) {
    assert.equal(socket.readyState, WebSocket.OPEN);
    socket.terminate();
  }
});

test('a stream of events ends between two events when its instance goes', { timeout: 60_000 }, async (t) => {
  const service = { run: { ...RUN, drain: '500ms' }, replicas: { min: 1, max: 3, initial: 3 }, balance: 'round-robin' };
  const site = await startFleet(t, service, 3);
  const streams = await Promise.all(Array.from({ length: 6 }, () => openEvents(site.url)));
  await site.tell('scale', { instances: 1 });
  const { instances } = await site.settled(1);
  for (const stream of streams) {
    if (stream.instance === instances[0]!.id) {
      stream.reply.destroy();
      continue;
    }
    const { text, isComplete } = await within(5_000, 'its end', stream.ended);
    assert.ok(isComplete, `the stream of ${stream.instance} was cut`);
    assert.match(text, /^(id: \d+\ndata: x{200}\n\n)+$/);
  }
});

test('a session stays on the old version until its drain is over, and new ones begin on the new', { timeout: 60_000 }, async (t) => {
  const service = {
    run: { ...RUN, drain: '3s' },
    replicas: 2,
    affinity: { by: 'cookie', secrets: ['a secret of the tests, 32 bytes or more'] },
    deploy: { maxSurge: 2 },
  };
  const site = await startFleet(t, service, 2);
  const first = await ask(site.url, '');
  assert.match(first.cookie, /=/);
  await site.tell('deploy', { env: { CHANGE: '1' } });
  const areDraining = ({ instances }: FleetServiceStatus): boolean =>
    instances.filter(({ version, phase }) => version === 'v1' && phase === 'draining').length === 2;
  await site.until('the old ones drain', areDraining);
  const { version, instance } = await ask(site.url, first.cookie);
  assert.deepEqual([version, instance], ['v1', first.instance]);
  assert.equal((await ask(site.url, '')).version, 'v2');
  await site.settled(2);
  assert.equal((await ask(site.url, first.cookie)).version, 'v2');
});

interface OpenSocket {
  readonly socket: WebSocket;
  readonly instance: string;
  readonly closed: Promise<{ readonly code: number; readonly sent: number; readonly echoed: number }>;
}

/** Sends a message, waits for it to come back, and sends the next one, until it is closed. */
async function openSocket(url: string): Promise<OpenSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket`);
  const { instance } = await new Promise<{ instance: string }>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('message', (data: Buffer) => resolve({ instance: (JSON.parse(data.toString()) as { name: string }).name }));
  });
  let sent = 0;
  let echoed = 0;
  const send = (): void => {
    if (socket.readyState !== WebSocket.OPEN) return;
    sent++;
    socket.send(`message ${sent}`);
  };
  socket.on('message', (data: Buffer) => {
    assert.equal(data.toString(), `message ${sent}`);
    echoed++;
    setTimeout(send, 2);
  });
  send();
  const closed = once(socket, 'close').then(([code]) => ({ code: code as number, sent, echoed }));
  return { socket, instance, closed };
}

interface OpenEvents {
  readonly reply: IncomingMessage;
  readonly instance: string;
  readonly ended: Promise<{ readonly text: string; readonly isComplete: boolean }>;
}

async function openEvents(url: string): Promise<OpenEvents> {
  const [reply] = (await once(get(`${url}/events`, { agent: false }), 'response')) as [IncomingMessage];
  let text = '';
  reply.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  reply.on('error', () => {});
  const ended = once(reply, 'close').then(() => ({ text, isComplete: reply.complete }));
  return { reply, instance: String(reply.headers['x-instance']), ended };
}

function ask(url: string, cookie: string): Promise<{ version: string; instance: string; cookie: string }> {
  return new Promise((resolve, reject) => {
    const ask = get(url, { agent: false, headers: cookie === '' ? {} : { cookie } }, (reply) => {
      reply.resume();
      reply.on('end', () =>
        resolve({
          version: String(reply.headers['x-version']),
          instance: String(reply.headers['x-instance']),
          cookie: reply.headers['set-cookie']?.[0]?.split(';')[0] ?? '',
        }),
      );
    });
    ask.on('error', reject);
  });
}
