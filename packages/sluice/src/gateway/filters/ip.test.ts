/** Who is let in by address and country, through a real worker behind a proxy that is trusted. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { input } from 'zod';
import { type GuardedPlane, startGuarded } from '../../../test/support/guarded-plane.ts';
import { countryDatabase } from '../../../test/support/mmdb-writer.ts';
import { runProgram } from '../../../test/support/run-program.ts';
import type { ipSchema } from '../../config/schema/filters/ip.ts';
import { validate } from '../../config/validate.ts';
import { checkLinearRegex } from '../../io/regex.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-ip-'));
after(() => rmSync(directory, { recursive: true, force: true }));

type Options = input<typeof ipSchema>;

/** Our own connections come from a proxy that is trusted to say whom it asks for. */
function guarded(options: Options): Promise<GuardedPlane> {
  return startGuarded([{ ip: options }], { listener: { forwarding: { trustedProxies: ['127.0.0.0/8'] } } });
}

async function statusOf(world: GuardedPlane, address: string): Promise<number> {
  const reply = await world.ask([`X-Forwarded-For: ${address}`]);
  assert.equal(reply.request === null, reply.status !== 200);
  return reply.status;
}

async function statusesOf(world: GuardedPlane, addresses: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  for (const address of addresses) found[address] = await statusOf(world, address);
  return found;
}

describe('ranges', () => {
  test('that are allowed are the only ones; what is denied is denied, however narrow what is allowed', async () => {
    await using world = await guarded({ allow: ['10.0.0.0/8', '10.1.2.3', '2001:db8::/32'], deny: ['10.1.0.0/16', '2001:db8:1::/48'] });
    const expected = {
      '10.2.0.1': 200,
      '10.1.2.3': 403,
      '192.0.2.1': 403,
      '2001:db8::1': 200,
      '2001:db8:1::1': 403,
      '2001:db9::1': 403,
      '::ffff:10.2.0.1': 200,
      '::ffff:10.1.0.1': 403,
    };
    assert.deepEqual(await statusesOf(world, Object.keys(expected)), expected);
    assert.deepEqual(await statusesOf(world, Object.keys(expected)), expected, 'what was decided is decided alike');
  });

  test('that are denied are the only ones where nothing is allowed; the status is what is wanted', async () => {
    await using world = await guarded({ deny: '192.0.2.0/24', status: 404 });
    assert.deepEqual(await statusesOf(world, ['192.0.2.255', '192.0.3.0']), { '192.0.2.255': 404, '192.0.3.0': 200 });
  });

  test('are those of the client itself where nobody is trusted', async () => {
    await using world = await startGuarded([{ ip: { allow: ['10.0.0.0/8'] } }]);
    assert.equal((await world.ask(['X-Forwarded-For: 10.0.0.1'])).status, 403);
  });
});

describe('countries', () => {
  const table = { '192.0.2.0/24': 'DE', '198.51.100.0/24': 'FR', '2001:db8::/32': 'DE', '203.0.113.128/25': 'US' };
  const addresses = ['192.0.2.9', '198.51.100.9', '2001:db8::9', '203.0.113.200', '203.0.113.1'];
  const cases: readonly (readonly [string, object, readonly number[]])[] = [
    ['that are allowed are the only ones', { allowCountries: ['de', 'US'] }, [200, 403, 200, 200, 403]],
    ['that are denied are the only ones, beside what is not known', { denyCountries: 'DE' }, [403, 200, 403, 200, 403]],
    ['that are not known may be let in', { denyCountries: 'DE', unknownCountry: 'allow' }, [403, 200, 403, 200, 200]],
    ['give way to ranges', { allowCountries: 'FR', allow: ['192.0.2.8/29'], deny: ['198.51.100.9'] }, [200, 403, 403, 403, 403]],
    ['that are denied are denied even when allowed', { allowCountries: ['DE', 'FR'], denyCountries: ['DE'] }, [403, 200, 403, 403, 403]],
  ];
  for (const [name, options, expected] of cases) {
    test(name, async () => {
      const database = join(directory, 'countries.mmdb');
      await writeFile(database, countryDatabase(table));
      await using world = await guarded({ database, ...options });
      assert.deepEqual(Object.values(await statusesOf(world, addresses)), expected);
    });
  }

  test('are what other readers find in the same database', async (t) => {
    const database = join(directory, 'other.mmdb');
    await writeFile(database, countryDatabase(table));
    const found = await runProgram('mmdblookup', ['--file', database, '--ip', '203.0.113.200', 'country', 'iso_code']).catch(() => null);
    if (found === null) return t.skip('mmdblookup is not installed (Debian: mmdb-bin)');
    assert.match(found.output, /"US"/);
  });

  test('are those of a new database once it is there', async () => {
    const database = join(directory, 'countries.mmdb');
    await writeFile(database, countryDatabase(table));
    await using world = await guarded({ database, allowCountries: ['DE'] });
    assert.equal(await statusOf(world, '192.0.2.9'), 200);
    await writeFile(`${database}.new`, countryDatabase({ ...table, '192.0.2.0/24': 'AT' }));
    await rename(`${database}.new`, database);
    await world.guard([{ ip: { database, allowCountries: ['DE'] } }]);
    assert.equal(await statusOf(world, '192.0.2.9'), 403);
  });
});

describe('a wrong configuration', () => {
  test('is a fault that says what to do', async () => {
    const faults: readonly (readonly [unknown, RegExp])[] = [
      [{}, /filters\[0\]\.ip lets everybody in; give allow, deny/],
      [{ allow: ['10.0.0.0/33'] }, /ip\.allow.* must be an address or a range/],
      [{ allow: ['127.1'] }, /ip\.allow.* must be an address or a range/],
      [{ allowCountries: ['Germany'], database: 'x' }, /two letters/],
      [{ allowCountries: ['DE'] }, /asks for countries without a database; give database/],
      [{ allow: ['10.0.0.1'], database: 'x' }, /ip\.database is never looked into/],
    ];
    for (const [options, expected] of faults) assert.match(faultsOf({ ip: options }), expected, JSON.stringify(options));
    await assert.rejects(
      guarded({ database: '/nowhere/x.mmdb', allowCountries: ['DE'] }),
      /"\/nowhere\/x\.mmdb\\" does not exist; check the path/,
    );
    await assert.rejects(guarded({ database: import.meta.filename, allowCountries: ['DE'] }), /is not a MaxMind database/);
  });
});

function faultsOf(filter: unknown): string {
  const found = validate(
    {
      listeners: { web: { http: ':1' } },
      services: { a: { endpoints: ['127.0.0.1:2'] } },
      routes: [{ path: '/*', to: 'a', filters: [filter] }],
    },
    checkLinearRegex,
  );
  return found.ok ? '' : found.faults.map(({ message }) => message).join('\n');
}
