import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ticketSecrets } from '../../../test/support/ticket-secrets.ts';
import { keyForTicket, ticketKeys } from './ticket-keys.ts';

const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex');

test('keys are the same in every worker, and others for every policy', () => {
  const [one, same, other] = [ticketKeys(ticketSecrets(2), 'a'), ticketKeys(ticketSecrets(2), 'a'), ticketKeys(ticketSecrets(2), 'b')];
  assert.equal(one.current.length, 48);
  assert.equal(hex(one.current), hex(same.current));
  const keys = [one, other].flatMap(({ current, others }) => [current, ...others]).map(hex);
  assert.equal(new Set(keys).size, 6);
  assert.ok(!keys.some((key) => key.startsWith('02'.repeat(8))), 'a secret is no key');
});

test('a ticket is opened by the key that made it, while that is honoured', () => {
  const before = ticketKeys(ticketSecrets(2), 'a');
  const name = before.current.subarray(0, 16);
  assert.equal(hex(keyForTicket(before, name)), hex(before.current));
  const after = ticketKeys(ticketSecrets(3), 'a');
  assert.equal(hex(keyForTicket(after, name)), hex(before.current), 'one change later');
  const later = ticketKeys(ticketSecrets(4), 'a');
  assert.equal(hex(keyForTicket(later, name)), hex(later.current), 'two changes later');
  assert.equal(hex(keyForTicket(before, after.current.subarray(0, 16))), hex(after.current), 'of a worker that has changed already');
  assert.equal(hex(keyForTicket(before, null)), hex(before.current));
  assert.equal(
    hex(keyForTicket(before, ticketKeys(ticketSecrets(2), 'b').current.subarray(0, 16))),
    hex(before.current),
    'of another policy',
  );
});
