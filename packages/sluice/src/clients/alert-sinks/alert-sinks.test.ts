import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { startAlertmanager } from '../../../test/support/alertmanager.ts';
import { startMailServer } from '../../../test/support/mail-server.ts';
import { skipWithout } from '../../../test/support/system-program.ts';
import { eventually } from '../../../test/support/waiting.ts';
import type { SinkPlan } from '../../config/alert-plan.ts';
import { type AlertNotice, type NoticeAlert, SinkDelay, SinkRefusal } from '../../core/alerting/alert-notice.ts';
import { mailOf } from './email-sink.ts';
import { makeSink } from './make-sink.ts';
import { noticeTitle } from './notice-text.ts';
import { pagerdutyEvent } from './pagerduty-sink.ts';
import { webhookBody } from './webhook-sink.ts';

const SINCE = Date.UTC(2026, 10, 20, 21, 0, 0);
const REPEAT_MS = 3_600_000;
const PATH = '/services/T000/B000/secret-of-the-hook';

test('a webhook gets what Alertmanager would send', async (t) => {
  const receiver = await startReceiver(t);
  await send({ ...BASE, kind: 'webhook', url: receiver.url + PATH, headers: { authorization: 'Bearer abcdef' } }, notice());
  const [{ path, headers, body }] = receiver.taken as [Taken];
  assert.equal(path, PATH);
  assert.equal(headers.authorization, 'Bearer abcdef');
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(body['version'], '4');
  assert.equal(body['status'], 'firing');
  assert.equal(body['receiver'], 'ops');
  assert.equal(body['truncatedAlerts'], 3);
  assert.deepEqual(body['groupLabels'], { alertname: 'no-healthy-endpoint' });
  assert.deepEqual(body['commonLabels'], { alertname: 'no-healthy-endpoint', severity: 'critical', instance: 'edge-1' });
  const [first, second] = body['alerts'] as [Record<string, unknown>, Record<string, unknown>];
  assert.deepEqual(first['labels'], { alertname: 'no-healthy-endpoint', severity: 'critical', service: 'web', instance: 'edge-1' });
  assert.deepEqual(first['annotations'], { summary: 'web <has> nobody', value: '0' });
  assert.equal(first['startsAt'], '2026-11-20T21:00:00.000Z');
  assert.equal(first['endsAt'], '0001-01-01T00:00:00Z');
  assert.match(String(first['fingerprint']), /^[0-9a-f]{16}$/);
  assert.match(String(body['groupKey']), /^edge-1\//);
  assert.equal(second['status'], 'resolved');
  assert.equal(second['endsAt'], '2026-11-20T21:05:00.000Z');
});

test('two machines that see the same are two alerts, by every key', () => {
  const keys = ['edge-1', 'edge-2'].map((host) => {
    const given = { ...notice(), host };
    const body = webhookBody(given, 'ops') as { groupKey: string; alerts: readonly { fingerprint: string }[] };
    const event = pagerdutyEvent(given.alerts[0]!, given, 'R') as { dedup_key: string };
    return [body.groupKey, body.alerts[0]!.fingerprint, event.dedup_key];
  });
  assert.equal(new Set(keys.flat()).size, 6);
  const long = pagerdutyEvent(notice().alerts[0]!, { ...notice(), host: 'h'.repeat(300) }, 'R') as { dedup_key: string };
  assert.ok(long.dedup_key.length <= 255 && long.dedup_key.endsWith('/aaaaaaaaaaaaaaaa'), 'PagerDuty takes no longer one');
});

test('Slack gets a title, a colour for each, and no control characters of its own from labels', async (t) => {
  const receiver = await startReceiver(t);
  await send({ ...BASE, kind: 'slack', url: receiver.url + PATH, channel: '#ops' }, notice());
  const [{ body }] = receiver.taken as [Taken];
  assert.equal(body['channel'], '#ops');
  assert.equal(body['text'], '[FIRING:4] no-healthy-endpoint on edge-1');
  const attachments = body['attachments'] as readonly Record<string, unknown>[];
  assert.deepEqual(
    attachments.map(({ color }) => color),
    ['danger', 'good', undefined],
  );
  assert.equal(attachments[0]?.['text'], 'web &lt;has&gt; nobody');
  assert.equal(attachments[2]?.['text'], 'and 3 more');
});

test('PagerDuty gets an event for each alert, which triggers and resolves by the same key', async (t) => {
  const receiver = await startReceiver(t, 202);
  await send({ ...BASE, kind: 'pagerduty', url: receiver.url + PATH, routingKey: 'R0UT1NG' }, notice());
  const [trigger, resolve] = receiver.taken.map(({ body }) => body);
  assert.equal(trigger?.['routing_key'], 'R0UT1NG');
  assert.equal(trigger?.['event_action'], 'trigger');
  assert.equal(trigger?.['dedup_key'], 'edge-1/aaaaaaaaaaaaaaaa');
  const payload = trigger?.['payload'] as Record<string, unknown>;
  assert.equal(payload['summary'], 'no-healthy-endpoint: web <has> nobody');
  assert.equal(payload['severity'], 'critical');
  assert.equal(payload['source'], 'edge-1');
  assert.equal(payload['component'], 'web');
  assert.deepEqual(resolve, { routing_key: 'R0UT1NG', dedup_key: 'edge-1/bbbbbbbbbbbbbbbb', event_action: 'resolve' });
  await send({ ...BASE, kind: 'pagerduty', url: receiver.url, routingKey: 'R' }, notice([alert({ summary: 'x'.repeat(5_000) })]));
  const long = ((receiver.taken[2] as Taken).body['payload'] as Record<string, unknown>)['summary'] as string;
  assert.equal(long.length, 1_024);
});

test('what a receiver answers says whether to try again, without the secret', async (t) => {
  const receiver = await startReceiver(t);
  const plan: SinkPlan = { ...BASE, kind: 'slack', url: receiver.url + PATH, channel: null };
  const failure = async (answer: (response: ServerResponse) => void): Promise<Error> => {
    receiver.answer = answer;
    return send(plan, notice()).then(
      () => assert.fail('it was taken'),
      (error: unknown) => error as Error,
    );
  };
  for (const status of [301, 400, 401, 403, 404, 410, 413]) {
    const error = await failure((response) => response.writeHead(status, { location: receiver.url }).end(`no hook at ${PATH}`));
    assert.ok(error instanceof SinkRefusal, `${status}`);
    assert.match(error.message, new RegExp(`^127\\.0\\.0\\.1:\\d+ answered ${status}: no hook at \\[hidden\\]$`));
  }
  assert.equal(receiver.taken.length, 7, 'no redirect is followed');
  for (const status of [408, 429, 503]) {
    const error = await failure((response) => response.writeHead(status, { 'retry-after': '7' }).end());
    assert.ok(error instanceof SinkDelay, `${status}`);
    assert.equal(error.afterMs, 7_000);
  }
  const plain = await failure((response) => response.writeHead(500).end());
  assert.ok(!(plain instanceof SinkRefusal) && !(plain instanceof SinkDelay));
  const huge = await failure((response) => response.writeHead(400).end('x'.repeat(1_000_000)));
  assert.ok(huge.message.length < 300);
});

test('a receiver that hangs holds a try no longer than its time; one that is not there is named by its host alone', async (t) => {
  const receiver = await startReceiver(t);
  receiver.answer = () => {};
  const plan: SinkPlan = { ...BASE, kind: 'slack', url: receiver.url + PATH, channel: null };
  const start = performance.now();
  await assert.rejects(send(plan, notice(), 200), /^Error: 127\.0\.0\.1:\d+: no answer in time$/);
  assert.ok(performance.now() - start < 2_000);
  const gone: SinkPlan = { ...BASE, kind: 'slack', url: `http://127.0.0.1:1${PATH}`, channel: null };
  await assert.rejects(send(gone, notice()), /^Error: 127\.0\.0\.1:1: ECONNREFUSED$/);
});

test(
  'the real Alertmanager lists what fires, for longer than it takes to be told again, and no more what is over',
  {
    skip: skipWithout('prometheus-alertmanager'),
  },
  async () => {
    await using manager = await startAlertmanager();
    const plan: SinkPlan = { ...BASE, kind: 'alertmanager', url: `${manager.url}/`, headers: {} };
    const now = Date.now();
    const odd = alert({ labels: { service: 'web', 'k8s.pod-name': 'a', '1st': 'b' }, sinceMs: now - 60_000 });
    await send(plan, { ...notice([odd]), atMs: now });
    await eventually(10_000, 'it fires there', async () => (await manager.alerts()).length === 1);
    const [listed] = await manager.alerts();
    assert.deepEqual(listed?.labels, {
      _1st: 'b',
      alertname: 'no-healthy-endpoint',
      instance: 'edge-1',
      k8s_pod_name: 'a',
      service: 'web',
      severity: 'critical',
    });
    assert.equal(listed?.annotations['summary'], 'web <has> nobody');
    assert.ok(Date.parse(listed?.endsAt ?? '') > now + REPEAT_MS);
    await send(plan, { ...notice([{ ...odd, state: 'resolved', resolvedMs: now - 1_000 }]), atMs: now });
    await eventually(10_000, 'it is over there', async () => (await manager.alerts()).length === 0);
  },
);

test('mail arrives at a real server, as text and as HTML', { skip: skipWithout('aiosmtpd') }, async () => {
  await using server = await startMailServer();
  const plan: SinkPlan = { ...BASE, kind: 'email', url: server.url, from: 'sluice@example.com', to: ['ops@example.com', 'b@example.com'] };
  await send(plan, notice());
  await eventually(10_000, 'it is printed', () => server.output().includes('END MESSAGE'));
  const mail = server.output();
  assert.match(mail, /Subject: \[FIRING:4\] no-healthy-endpoint on edge-1/);
  assert.match(mail, /To: ops@example\.com, b@example\.com/);
  assert.match(mail, /text\/plain/);
  assert.match(mail, /no-healthy-endpoint: web <has> nobody/);
  assert.match(mail, /web &lt;has&gt; nobody/);
});

test('mail to another machine without TLS is refused before the password leaves', async (t) => {
  let heard = '';
  const server = createTcpServer((socket) => {
    socket.write('220 mail\r\n');
    socket.on('data', (part) => {
      heard += part.toString('latin1');
      socket.write(heard.includes('STARTTLS') ? '502 no\r\n' : '250 AUTH PLAIN\r\n');
    });
    socket.on('error', () => {});
  });
  server.listen(0, '::');
  await once(server, 'listening');
  t.after(() => server.close());
  // An address of this machine that does not look like it.
  const url = `smtp://ops:pa55word@[::ffff:127.0.0.1]:${(server.address() as AddressInfo).port}`;
  const plan: SinkPlan = { ...BASE, kind: 'email', url, from: 'a@example.com', to: ['b@example.com'] };
  await assert.rejects(send(plan, notice()), /TLS/i);
  assert.match(heard, /STARTTLS/);
  assert.doesNotMatch(heard, /AUTH/);
});

test('a label begins neither a header nor a line of its own', () => {
  const evil = notice([alert({ rule: 'x\r\nBcc: all@example.com', labels: { service: '\u001b[2J\nweb' } })]);
  assert.doesNotMatch(noticeTitle(evil), /[\r\n]/);
  assert.doesNotMatch(mailOf(evil).subject, /[\r\n]/);
  assert.doesNotMatch(mailOf(evil).text, /\u001b/);
});

const BASE = { name: 'ops', severity: 'info', sendResolved: true, timeoutMs: 5_000 } as const;

function alert(more: Partial<NoticeAlert> = {}): NoticeAlert {
  return {
    id: 'aaaaaaaaaaaaaaaa',
    rule: 'no-healthy-endpoint',
    severity: 'critical',
    state: 'firing',
    labels: { service: 'web' },
    summary: 'web <has> nobody',
    value: 0,
    sinceMs: SINCE,
    resolvedMs: null,
    ...more,
  };
}

const OVER = alert({ id: 'bbbbbbbbbbbbbbbb', state: 'resolved', labels: { service: 'shop' }, value: null, resolvedMs: SINCE + 300_000 });

function notice(alerts: readonly NoticeAlert[] = [alert(), OVER]): AlertNotice {
  return {
    group: 'cccccccccccccccc',
    labels: { rule: 'no-healthy-endpoint' },
    state: 'firing',
    severity: 'critical',
    alerts,
    left: 3,
    atMs: SINCE + 300_000,
    host: 'edge-1',
    isTest: false,
  };
}

async function send(plan: SinkPlan, told: AlertNotice, timeoutMs = 10_000): Promise<void> {
  await using sink = makeSink(plan, REPEAT_MS);
  await sink.send(told, AbortSignal.timeout(timeoutMs));
}

interface Taken {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Receiver {
  readonly url: string;
  readonly taken: Taken[];
  answer: (response: ServerResponse) => void;
}

async function startReceiver(t: TestContext, status = 200): Promise<Receiver> {
  const taken: Taken[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (part: Buffer) => (text += part.toString('utf8')));
    request.on('end', () => {
      taken.push({ path: request.url ?? '', headers: request.headers, body: JSON.parse(text) as Taken['body'] });
      receiver.answer(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => (server.closeAllConnections(), server.close()));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const receiver: Receiver = { url, taken, answer: (response) => response.writeHead(status).end('ok') };
  return receiver;
}
