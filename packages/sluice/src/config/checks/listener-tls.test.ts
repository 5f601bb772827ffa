import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validate } from '../validate.ts';

function faults(tls: object): string[] {
  const value = { listeners: { web: { https: ':443', tls: { certificates: 'dev', ...tls } } }, routes: [{ respond: 204 }] };
  const result = validate(value, () => null);
  return result.ok ? [] : result.faults.map(({ message }) => message);
}

const RULE = { clientCertificates: { ca: 'ca.pem' } };

test('rules for names stand once each, and say something', () => {
  assert.deepEqual(faults({ hosts: { 'a.example': RULE, '*.a.example': { clientCertificates: false } } }), []);
  assert.match(
    faults({ hosts: { 'a.example': RULE, 'A.example.': RULE } })[0] ?? '',
    /hosts\["A\.example\."\] is the same host as "a\.example"; keep/,
  );
  assert.match(faults({ hosts: { 'a.example': {} } })[0] ?? '', /must say `clientCertificates`; write clientCertificates: false/);
});

test('rules for addresses would hold for nobody', () => {
  for (const name of ['10.0.0.1', '[::1]'])
    assert.match(faults({ hosts: { [name]: RULE } })[0] ?? '', /is an address, .*a listener of its own/);
});
