import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesIn, hostsFileAddresses } from './hosts-file.ts';

const TEXT =
  '# 9.9.9.9 commented.test\n127.0.0.1\tlocalhost a.test\r\n::1 localhost ip6 # b.test\n\n10.0.0.1   A.Test other\nfe80::1%lo0 zone.test';

test('a name has the addresses of all its lines, whatever its case', () => {
  assert.deepEqual(addressesIn(TEXT, 'localhost'), ['127.0.0.1', '::1']);
  assert.deepEqual(addressesIn(TEXT, 'a.test'), ['127.0.0.1', '10.0.0.1']);
  assert.deepEqual(addressesIn(TEXT, 'zone.test'), ['fe80::1%lo0']);
});

test('what is commented out, a part of a name, or an address is no name', () => {
  for (const name of ['commented.test', 'b.test', 'test', 'local', 'oth', '127.0.0.1']) assert.deepEqual(addressesIn(TEXT, name), [], name);
});

test('a name that is not there has none, whatever the search list of the machine makes of it', async () => {
  assert.deepEqual(await hostsFileAddresses('no-such-name-here'), []);
});
