/** Passwords through a real worker: who comes in, at what price, and what the service hears of it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { argon2Sync, randomBytes, scryptSync } from 'node:crypto';
import { fieldValues, startGuarded } from '../../../test/support/guarded-plane.ts';
import { checkLinearRegex } from '../../io/regex.ts';
import { validate } from '../../config/validate.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-basic-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** As cheap as is allowed. */
function cheapHash(password: string): string {
  const salt = randomBytes(16);
  const hash = scryptSync(password, salt, 32, { N: 2 ** 14, r: 8, p: 1 });
  return `$scrypt$ln=14,r=8,p=1$${base64(salt)}$${base64(hash)}`;
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}

const anna = { name: 'anna', password: cheapHash('se:cret') };

function basic(user: string, password: string): string[] {
  return [`Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`];
}

describe('a password', () => {
  test('lets in its user; the service hears who it is, and not the password', async () => {
    await using world = await startGuarded([{ basic: { users: [anna], userHeader: 'X-User' } }]);
    for (let round = 0; round < 2; round++) {
      const reply = await world.ask([...basic('anna', 'se:cret'), 'x_user: root', 'X-User: root']);
      assert.equal(reply.status, 200);
      assert.deepEqual(
        [fieldValues(reply, 'x-user'), fieldValues(reply, 'x_user'), fieldValues(reply, 'authorization')],
        [['anna'], [], []],
      );
    }
  });

  test('may go on to the service', async () => {
    await using world = await startGuarded([{ basic: { users: [anna], forwardCredentials: true } }]);
    assert.deepEqual(fieldValues(await world.ask(basic('anna', 'se:cret')), 'authorization'), [basic('anna', 'se:cret')[0]!.slice(15)]);
  });

  test('of argon2id is verified, too', async () => {
    const nonce = randomBytes(16);
    const hash = argon2Sync('argon2id', { message: Buffer.from('käse'), nonce, memory: 8192, passes: 2, parallelism: 1, tagLength: 32 });
    const password = `$argon2id$v=19$m=8192,t=2,p=1$${base64(nonce)}$${base64(hash)}`;
    await using world = await startGuarded([{ basic: { users: [{ name: 'Bö', password }] } }]);
    assert.equal((await world.ask(basic('Bö', 'käse'))).status, 200);
    assert.equal((await world.ask(basic('Bo\u0308'.normalize('NFD'), 'käse'.normalize('NFD')))).status, 200, 'in either form of Unicode');
    assert.equal((await world.ask(basic('Bö', 'kase'))).status, 401);
  });
});

test('nobody else is let in', async (t) => {
  await using world = await startGuarded([{ basic: { users: [anna], realm: 'shop' } }]);
  const cases: Readonly<Record<string, readonly string[]>> = {
    nothing: [],
    'a wrong password': basic('anna', 'secret'),
    'the hash itself': basic('anna', anna.password),
    'an unknown user': basic('root', 'se:cret'),
    'a name of an object': basic('__proto__', 'x'),
    'no colon': [`Authorization: Basic ${Buffer.from('anna').toString('base64')}`],
    'no base64': ['Authorization: Basic anna:se:cret'],
    'a line end in it': basic('anna', 'se:cret\r\nX-A: b'),
    'another scheme': ['Authorization: Bearer YTpi'],
    'two fields': [...basic('anna', 'se:cret'), ...basic('anna', 'se:cret')],
    'what is too long': basic('anna', 'x'.repeat(5_000)),
  };
  for (const [name, lines] of Object.entries(cases)) {
    await t.test(name, async () => {
      const reply = await world.ask(lines);
      assert.deepEqual([reply.status, reply.request], [401, null]);
      assert.match(reply.text, /\r\nWWW-Authenticate: Basic realm="shop", charset="UTF-8"\r\n/);
    });
  }
});

test('a flood of guesses waits in a line that ends, and those who are known are let in meanwhile', async () => {
  await using world = await startGuarded([{ basic: { users: [anna] } }]);
  assert.equal((await world.ask(basic('anna', 'se:cret'))).status, 200);
  const guesses = Promise.all(Array.from({ length: 90 }, (_, index) => world.ask(basic('anna', `guess ${index}`))));
  assert.equal((await world.ask(basic('anna', 'se:cret'))).status, 200);
  const counts = Map.groupBy(await guesses, ({ status }) => status);
  assert.ok((counts.get(503)?.length ?? 0) > 0, 'some are sent away');
  assert.equal(counts.get(200), undefined);
});

describe('users of a file', () => {
  test('are let in, with those of the configuration', async () => {
    const file = join(directory, 'good');
    writeFileSync(file, `# people\n\nbert:${cheapHash('b')}\r\n`);
    await using world = await startGuarded([{ basic: { users: [anna], file } }]);
    assert.deepEqual([(await world.ask(basic('bert', 'b'))).status, (await world.ask(basic('anna', 'se:cret'))).status], [200, 200]);
  });

  const files: Readonly<Record<string, readonly [content: string, fault: RegExp]>> = {
    'with a password': ['a:secret', /line 1 is not a hash: passwords do not stand in configurations; make one with: sluice hash-password/],
    'of bcrypt': [
      `# x\na:$2y$10$${'a'.repeat(53)}`,
      /line 2 is a bcrypt hash, which this runtime cannot verify; have the password set anew/,
    ],
    'of apr1': ['a:$apr1$xxxxxxxx$yyyyyyyyyyyyyyyyyyyyyy', /line 1 is an old hash/],
    'without a hash': ['anna', /line 1 is not name:hash/],
    'with a user twice': [`a:${anna.password}\na:${anna.password}`, /line 2 has the same name as line 1/],
    'with a user of the configuration': [`anna:${anna.password}`, /has a user that was already given/],
    'without users': ['# nobody\n', /has no users/],
  };
  for (const [name, [content, fault]] of Object.entries(files)) {
    test(`${name} are a fault with its line, and nothing of it`, async () => {
      const file = join(directory, 'bad');
      writeFileSync(file, content);
      await assert.rejects(startGuarded([{ basic: { users: [anna], file } }]), (error: Error) => {
        assert.match(error.message, fault);
        assert.doesNotMatch(error.message, /secret|xxxxxxxx|aaaaaaaa/);
        return true;
      });
    });
  }
});

test('a wrong configuration is a fault that says what to do, and has no password in it', () => {
  const faults: readonly (readonly [unknown, RegExp])[] = [
    ['basic', /filters\[0\]\.basic has no users: nobody would be let in/],
    [{ basic: true }, /basic has no users/],
    [
      { basic: { users: [{ name: 'a', password: 'hunter2' }] } },
      /users\[0\]\.password is not a hash: .* make one with: sluice hash-password/,
    ],
    [{ basic: { users: [{ name: 'a', password: '$2b$10$hunter2' }] } }, /is a bcrypt hash/],
    [{ basic: { users: [{ name: 'a', password: '$scrypt$ln=10,r=8,p=1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA' }] } }, /too cheap/],
    [
      { basic: { users: [{ name: 'a', password: '$scrypt$ln=20,r=64,p=1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAA' }] } },
      /more than 256 MiB/,
    ],
    [{ basic: { users: [{ name: 'a:b', password: anna.password }] } }, /must not have a colon/],
    [{ basic: { users: [anna, anna] } }, /users\[1\]\.name is the same as users\[0\]\.name/],
    [{ basic: { users: [anna], realm: 'a"b' } }, /must not have quotes/],
    [{ basic: { users: [anna], userHeader: 'Content-Length' } }, /must not be a field that the gateway writes itself/],
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
});
