/** The canary's share over two real workers, whatever balances within a version: measured shares, keys and sessions that stay, a canary that dies. */
import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { test, type TestContext } from 'node:test';
import { APP, startFleet, type FleetSite } from '../support/fleet-site.ts';
import { eventually } from '../support/waiting.ts';

const RUN = { command: APP, ready: { http: '/', interval: '500ms' }, drain: '2s', stop: '1s' };
const SHARE = 0.05;
const LANES = 16;

interface Answer {
  readonly status: number;
  readonly version: string;
  readonly cookie: string;
  readonly pid: number;
}

/** Three instances, and a canary that stays at its first step. */
async function canaryOf(t: TestContext, service: object): Promise<FleetSite> {
  const deploy = { canary: [{ share: `${SHARE * 100}%`, pause: 'manual' }], guard: false };
  const site = await startFleet(t, { run: RUN, replicas: 3, deploy, ...service }, 3);
  await site.tell('deploy', { env: { CHANGE: '1' } });
  await site.until('the canary has its share', ({ deploy: state }) => state?.share === SHARE && /held until/.test(state.reason));
  return site;
}

/** Asks with each of these heads, over sixteen connections that the kernel spreads over the workers. */
async function askAll(site: FleetSite, heads: readonly Record<string, string>[]): Promise<Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: LANES });
  const answers: Answer[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < heads.length; index = next++) answers[index] = await ask(site.url, agent, heads[index]!);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  agent.destroy();
  return answers;
}

function ask(url: string, agent: Agent, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = get(url, { agent, headers }, (reply) => {
      let body = '';
      reply.setEncoding('utf8').on('data', (piece: string) => (body += piece));
      reply.on('end', () => {
        const cookie = reply.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
        const { pid } = reply.statusCode === 200 ? (JSON.parse(body) as { pid: number }) : { pid: -1 };
        resolve({ status: reply.statusCode!, version: String(reply.headers['x-version']), cookie, pid });
      });
    });
    sent.on('error', reject);
  });
}

/** So many requests without a head of their own. */
function times(count: number): Record<string, string>[] {
  return Array.from({ length: count }, () => ({}));
}

function assertShare(answers: readonly Answer[]): void {
  assert.ok(
    answers.every(({ status }) => status === 200),
    'all are answered',
  );
  const canary = answers.filter(({ version }) => version === 'v2').length;
  // Four and a half standard deviations: once in 150,000 runs.
  const tolerance = 4.5 * Math.sqrt(SHARE * (1 - SHARE) * answers.length);
  assert.ok(Math.abs(canary - SHARE * answers.length) <= tolerance, `${canary} of ${answers.length}`);
}

for (const balance of ['p2c', 'least-connections']) {
  test(`${balance}: each request is drawn; a canary that dies takes nobody with it`, { timeout: 60_000 }, async (t) => {
    const site = await canaryOf(t, { balance });
    const drawn = await askAll(site, times(3_000));
    assertShare(drawn);
    for (const pid of new Set(drawn.filter(({ version }) => version === 'v2').map((answer) => answer.pid))) process.kill(pid, 'SIGKILL');
    const answers = await askAll(site, times(1_000));
    assert.ok(
      answers.every(({ status }) => status === 200),
      'its share goes to the others',
    );
  });
}

test('hash: a key stays on its version, and keys are shared as requests are', { timeout: 60_000 }, async (t) => {
  const site = await canaryOf(t, { balance: { algorithm: 'hash', on: { header: 'x-user' } } });
  const heads = Array.from({ length: 1_500 }, (_, index) => ({ 'x-user': `user ${index}` }));
  const first = await askAll(site, heads);
  assertShare(first);
  const second = await askAll(site, heads);
  assert.deepEqual(
    second.map(({ version }) => version),
    first.map(({ version }) => version),
  );
  const explained = await fetch(`http://${site.admin}/api/explain?method=GET&url=/`);
  assert.match(await explained.text(), /split: v1 95 %, v2 5 %/);
});

test('affinity: sessions begin by the split and stay where they began', { timeout: 60_000 }, async (t) => {
  const site = await canaryOf(t, { affinity: { by: 'cookie', secrets: ['a secret of the tests, 32 bytes or more'] } });
  const began = await askAll(site, times(2_000));
  assertShare(began);
  const sessions = began.map(({ cookie }) => ({ cookie }));
  const again = await askAll(site, sessions);
  assert.deepEqual(
    again.map(({ version }) => version),
    began.map(({ version }) => version),
  );
  await site.tell('promote');
  await site.until('the new version is everywhere', ({ deploy: state }) => state === null);
  await eventually(5_000, 'sessions of the old version go on with the new', async () =>
    (await askAll(site, sessions.slice(0, 200))).every(({ status, version }) => status === 200 && version === 'v2'),
  );
});
