/** libmodsecurity with the OWASP Core Rule Set, as Debian ships them, before a real origin. Skips where they are not installed. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { hasProgram } from '../../../../scripts/system-packages.ts';
import type { ConfigInput } from '../../src/config/schema/config.ts';
import { ModSecurityClient } from '../../src/gateway/waf/modsecurity-client.ts';
import { planeTo, startPlane, type TestPlane } from '../support/data-plane.ts';

const NEEDED = ['/usr/share/doc/libmodsecurity3', '/usr/share/modsecurity-crs/owasp-crs.load'];
const skip = NEEDED.every((file) => hasProgram(file)) || process.env['CI'] === 'true' ? false : `needs ${NEEDED.join(', ')}`;

const RULES = `SecRuleEngine On
SecRequestBodyAccess On
SecRequestBodyLimit 1048576
SecRequestBodyNoFilesLimit 1048576
SecPcreMatchLimit 50000
SecPcreMatchLimitRecursion 50000
SecRule REQUEST_HEADERS:Content-Type "^application/json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQUEST_HEADERS:X-Slow "@streq 1" "id:200002,phase:1,deny,status:451,log,msg:'asked for'"
Include /etc/modsecurity/crs/crs-setup.conf
Include /usr/share/modsecurity-crs/rules/*.conf
`;

interface World extends AsyncDisposable {
  readonly world: TestPlane;
  readonly seen: string[];
  readonly file: string;
}

async function behind(options: Record<string, unknown> = {}, rules: string = RULES, more: Record<string, unknown> = {}): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'waf-'));
  const file = join(directory, 'main.conf');
  await writeFile(file, rules);
  const seen: string[] = [];
  const server = createServer((asked, reply) => {
    void asked.toArray().then((pieces: Buffer[]) => {
      seen.push(Buffer.concat(pieces).toString('latin1'));
      reply.end('ok');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const filters = [{ waf: { ...more, modSecurity: { rules: file, ...options } } }] as NonNullable<ConfigInput['filters']>;
  const end = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await rm(directory, { recursive: true, force: true });
  };
  const world = await startPlane(
    planeTo((server.address() as AddressInfo).port, { routes: [{ path: '/*', to: 'origin', filters }] }),
  ).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  return {
    world,
    seen,
    file,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await end();
    },
  };
}

async function ask(
  { world }: World,
  path: string,
  body = '',
  type = 'application/json',
  headers: Record<string, string> = {},
): Promise<number> {
  const fields = {
    'User-Agent': 'Mozilla/5.0',
    Accept: '*/*',
    Host: 'shop.example',
    ...(body === '' ? {} : { 'Content-Type': type, 'Content-Length': String(body.length) }),
    ...headers,
  };
  const asked = request({
    port: world.port,
    host: '127.0.0.1',
    method: body === '' ? 'GET' : 'POST',
    path,
    headers: fields,
    agent: false,
  }).end(body);
  const [reply] = (await once(asked, 'response')) as [IncomingMessage];
  reply.resume();
  await once(reply, 'end');
  return reply.statusCode!;
}

describe('libmodsecurity with the Core Rule Set', { skip }, () => {
  test('lets ordinary requests pass and refuses attacks, in queries and in content', async () => {
    await using origin = await behind();
    assert.equal(await ask(origin, '/search?q=shoes&page=2'), 200);
    assert.equal(await ask(origin, '/api', '{"name":"Anna","items":[1,2,3]}'), 200);
    assert.deepEqual(origin.seen, ['', '{"name":"Anna","items":[1,2,3]}']);
    assert.equal(await ask(origin, '/?id=1%27%20or%201=1--%20'), 403);
    assert.equal(await ask(origin, '/api', '{"a":"<script>alert(1)</script>"}'), 403);
    assert.equal(await ask(origin, '/?file=../../../etc/passwd'), 403);
    assert.equal(origin.seen.length, 2);
    const events = origin.world.said.filter((message) => message.type === 'event');
    assert.deepEqual(
      events.map(({ what }) => what),
      ['waf blocked', 'waf blocked', 'waf blocked'],
    );
    assert.match(String(events[0]!.detail['rules']), /\b942100\b/);
    assert.match(String(events[0]!.detail['name']), /SQL Injection/);
  });

  test('answers with the status of the rule', async () => {
    await using origin = await behind();
    assert.equal(await ask(origin, '/', '', '', { 'X-Slow': '1' }), 451);
  });

  test('only detects where it is told so', async () => {
    await using origin = await behind({}, RULES, { mode: 'detect' });
    assert.equal(await ask(origin, '/?id=1%27%20or%201=1--%20'), 200);
    assert.equal(origin.world.said.filter((message) => message.type === 'event')[0]!.what, 'waf detected');
  });

  test('refuses what it has no time to look at, or lets it pass, as it is told', async () => {
    const many = async (world: World): Promise<Set<number>> =>
      new Set(await Promise.all(Array.from({ length: 60 }, (_, index) => ask(world, `/?q=${index}`))));
    await using closed = await behind({ queue: 1 });
    assert.deepEqual(
      [...(await many(closed))].toSorted((left, right) => left - right),
      [200, 503],
    );
    await using open = await behind({ queue: 1 }, RULES, { onFailure: 'open' });
    assert.deepEqual([...(await many(open))], [200]);
  });

  test('does not start with rules that are wrong, and says which', async () => {
    await assert.rejects(behind({}, 'SecNoSuchThing On\n'), /main\.conf/);
    await assert.rejects(behind({ rules: '/no/such/file.conf' }), /does not exist/);
  });

  test('tells who asks when it is late, goes on to the next question, and takes none when it is closed', async () => {
    await using origin = await behind();
    const plan = { rules: [origin.file], version: '1', queueMax: 10, timeoutMs: 5_000 };
    const client = new ModSecurityClient(plan);
    try {
      await client.ready();
      const question = {
        client: '10.0.0.1',
        method: 'GET',
        target: "/?id=1'%20or%201=1--%20",
        version: '1.1',
        fields: ['Host', 'a.example'],
        body: null,
      };
      const results = await Promise.all(Array.from({ length: 5 }, () => client.judge(question, { ...plan, timeoutMs: 1 })));
      assert.ok(results.includes('late'), JSON.stringify(results));
      const verdict = await client.judge(question, plan);
      assert.ok(typeof verdict === 'object' && verdict.status === 403);
    } finally {
      client.close();
    }
    assert.equal(await client.judge({ client: '', method: 'GET', target: '/', version: '1.1', fields: [], body: null }, plan), 'busy');
  });
});
