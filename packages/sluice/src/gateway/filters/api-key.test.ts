/** API keys through a real worker: who comes in, and what the service and the filters that follow hear of it. */
import assert from 'node:assert/strict';
import { createHash, randomBytes, scryptSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fieldValues, startGuarded } from '../../../test/support/guarded-plane.ts';
import { validate } from '../../config/validate.ts';
import { checkLinearRegex } from '../../io/regex.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-keys-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function sha256(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`;
}

const shop = { name: 'shop', hash: sha256('key-of-shop'), claims: { plan: 'pro' } };

describe('a key', () => {
  test('lets in its owner; the service hears who it is, and not the key', async () => {
    await using world = await startGuarded([{ apiKey: { keys: [shop], nameHeader: 'X-Client' } }]);
    const reply = await world.ask(['x-api-key: key-of-shop', 'X_Client: root', 'X_API_KEY: a']);
    assert.equal(reply.status, 200);
    assert.deepEqual(fieldValues(reply, 'x-client'), ['shop']);
    assert.deepEqual(
      reply.request?.fields.filter(([name]) => /client|api/.test(name)),
      [['x-client', 'shop']],
    );
  });

  test('may have another header, or come as a parameter, and go on', async () => {
    await using world = await startGuarded([{ apiKey: { keys: [shop], header: 'X-Key', query: 'key', forwardKey: true } }]);
    assert.deepEqual(fieldValues(await world.ask(['X-KEY: key-of-shop']), 'x-key'), ['key-of-shop']);
    assert.equal((await world.ask([], '/a?b&key=key%2Dof-shop')).request?.requestLine, 'GET /a?b&key=key%2Dof-shop HTTP/1.1');
    await world.guard([{ apiKey: { keys: [shop], query: 'key' } }]);
    assert.equal((await world.ask([], '/a?b&key=key-of-shop')).request?.requestLine, 'GET /a?b HTTP/1.1');
  });

  test('that people chose is verified slowly', async () => {
    const salt = randomBytes(16);
    const text = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');
    const hash = `$scrypt$ln=14,r=8,p=1$${text(salt)}$${text(scryptSync('opensesame', salt, 32, { N: 2 ** 14, r: 8, p: 1 }))}`;
    await using world = await startGuarded([{ apiKey: { keys: [shop, { name: 'cave', hash }], nameHeader: 'x-client' } }]);
    assert.deepEqual(fieldValues(await world.ask(['x-api-key: opensesame']), 'x-client'), ['cave']);
    assert.deepEqual(fieldValues(await world.ask(['x-api-key: key-of-shop']), 'x-client'), ['shop']);
    assert.equal((await world.ask(['x-api-key: closesesame'])).status, 401);
  });

  test('may stand in a file, which is read again', async () => {
    const file = join(directory, 'keys');
    writeFileSync(file, `# keys\nfirst:${sha256('one')}\n`);
    await using world = await startGuarded([{ apiKey: { keys: [shop], file } }]);
    assert.equal((await world.ask(['x-api-key: one'])).status, 200);
    writeFileSync(file, `second:${sha256('two')}\n`);
    await world.guard([{ apiKey: { keys: [shop], file } }]);
    assert.deepEqual([(await world.ask(['x-api-key: one'])).status, (await world.ask(['x-api-key: two'])).status], [401, 200]);
  });
});

test('nobody else is let in', async () => {
  await using world = await startGuarded([{ apiKey: { keys: [shop] } }]);
  const cases = [
    [],
    ['x-api-key:'],
    ['x-api-key: key-of-sho'],
    [`x-api-key: ${shop.hash}`],
    ['x-api-key: key-of-shop', 'x-api-key: key-of-shop'],
    ['X_API_KEY: key-of-shop'],
    [`x-api-key: ${'k'.repeat(2_000)}`],
  ];
  for (const lines of cases) {
    const reply = await world.ask(lines, '/?x-api-key=key-of-shop&key=key-of-shop');
    assert.deepEqual([reply.status, reply.request], [401, null], lines.join());
    assert.match(reply.text, /\r\nWWW-Authenticate: ApiKey\r\n/);
  }
});

test('a wrong configuration is a fault that says what to do, and has no key in it', async () => {
  const faults: readonly (readonly [unknown, RegExp])[] = [
    ['apiKey', /filters\[0\]\.apiKey has no keys: nobody would be let in/],
    [
      { apiKey: { keys: [{ name: 'a', hash: 'hunter2' }] } },
      /keys\[0\]\.hash is not a hash: .* make a key and its hash with: sluice hash-password --new-key/,
    ],
    [{ apiKey: { keys: [{ name: 'a', hash: 'sha256:hunter2' }] } }, /is not a hash/],
    [{ apiKey: { keys: [{ name: 'a', hash: '$2y$10$hunter2' }] } }, /is a bcrypt hash/],
    [{ apiKey: { keys: [shop, { name: 'b', hash: shop.hash }] } }, /keys\[1\]\.hash is the same as keys\[0\]\.hash/],
    [{ apiKey: { keys: [shop], header: 'Host' } }, /must not be a field that the gateway writes itself/],
  ];
  for (const [filter, expected] of faults) {
    const found = validate(
      {
        listeners: { web: { http: ':1' } },
        services: { a: { endpoints: ['127.0.0.1:2'] } },
        routes: [{ path: '/*', to: 'a', filters: [filter] }],
      },
      checkLinearRegex,
    );
    const text = found.ok ? '' : found.faults.map(({ message }) => message).join('\n');
    assert.match(text, expected);
    assert.doesNotMatch(text, /hunter2/);
  }
  await assert.rejects(startGuarded([{ apiKey: { file: join(directory, 'nowhere') } }]), /nowhere.* does not exist; check the path/);
  const bad = join(directory, 'bad');
  writeFileSync(bad, 'a:hunter2\n');
  await assert.rejects(startGuarded([{ apiKey: { file: bad } }]), /line 1 is not a hash/);
});
