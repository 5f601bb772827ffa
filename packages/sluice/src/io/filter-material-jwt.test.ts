import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { startGuarded } from '../../test/support/guarded-plane.ts';
import { ecPair, ISSUER, keySet } from '../../test/support/tokens.ts';
import { checkLinearRegex } from './regex.ts';
import { validate } from '../config/validate.ts';

const jwks = 'https://id.example/jwks.json';
const good = { issuer: ISSUER, jwks };

/** The faults of a `jwt` with these options, one by line. */
function faultsOf(jwt: unknown): string {
  const routes = [{ path: '/*', to: 'a', filters: [{ jwt }] }];
  const found = validate(
    {
      listeners: { web: { http: ':1' } },
      services: { a: { endpoints: ['127.0.0.1:2'] } },
      stores: { main: { url: 'redis://127.0.0.1' } },
      routes,
    },
    checkLinearRegex,
  );
  return found.ok ? '' : found.faults.map(({ message }) => message).join('\n');
}

test('issuers with one source of keys each are sound', () => {
  const secret = 's'.repeat(32);
  const issuers = [
    good,
    { issuer: 'b', secret, algorithms: 'HS512' },
    { issuer: 'c', publicKey: 'key.pem' },
    { issuer: 'd', jwks: { url: 'http://127.0.0.1:3/', refresh: '1m' } },
  ];
  assert.equal(faultsOf({ issuers, revocation: { store: 'main' } }), '');
});

test('what cannot be sound is a fault that says what to do, and has no secret in it', () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{}, /jwt\.issuers must be a list of issuers/],
    [{ issuers: [] }, /at least one issuer/],
    [{ issuers: [{ issuer: 'a' }] }, /issuers\[0\] has no keys; give one of jwks, publicKey and secret/],
    [{ issuers: [{ ...good, secret: 'hunter2'.repeat(5) }] }, /issuers\[0\] has jwks and secret; give one/],
    [{ issuers: [{ issuer: 'a', secret: 'hunter2' }] }, /secret must be a secret \(32 to 4096 characters/],
    [{ issuers: [good, good] }, /issuers\[1\]\.issuer is the same as issuers\[0\]/],
    [{ issuers: [{ ...good, jwks: 'http://id.example/' }] }, /jwks is fetched without TLS: .*; use https/],
    [{ issuers: [{ ...good, jwks: { url: 'http://127.0.0.1.evil.example/' } }] }, /jwks\.url is fetched without TLS/],
    [{ issuers: [{ ...good, jwks: { url: 'file:///etc/passwd' } }] }, /jwks\.url is not a URL/],
    [{ issuers: [{ ...good, jwks: 'https://u:hunter2@id.example/' }] }, /has a user or password in it/],
    [{ issuers: [{ ...good, algorithms: ['none'] }] }, /algorithms\[0\] must be one of 'RS256'/],
    [{ issuers: [{ ...good, algorithms: ['RS256', 'HS256'] }] }, /algorithms\[1\] is HS256, which only a secret is for/],
    [{ issuers: [{ issuer: 'a', secret: 's'.repeat(32), algorithms: ['RS256'] }] }, /algorithms\[0\] is RS256, which no secret is for/],
    [{ issuers: [good], claimsToHeaders: { 'transfer-encoding': 'sub' } }, /must not be a field that the gateway writes itself/],
    [
      { issuers: [good], revocation: { store: 'mian' } },
      /revocation\.store names a store that does not exist: "mian"; did you mean "main"|did you mean "main"/,
    ],
    [{ issuers: [good], realm: 'a"b' }, /must not have quotes/],
  ];
  for (const [options, expected] of cases) {
    const text = faultsOf(options);
    assert.match(text, expected, JSON.stringify(options));
    assert.doesNotMatch(text, /hunter2/);
  }
});

test('keys that are given are looked at before anything runs', async () => {
  const pair = ecPair('one');
  const privatePem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' });
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ type: 'spki', format: 'pem' });
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ publicKey: privatePem }, /has a private key, which only the issuer may have/],
    [{ publicKey: short }, /the key has fewer than 2048 bits/],
    [{ publicKey: 'nowhere.pem' }, /nowhere\.pem.* does not exist; check the path/],
    [{ publicKey: import.meta.filename }, /is neither JSON nor PEM|private key/],
    [{ jwks: { keys: [] } }, /has no key that can be used/],
    [{ jwks: { keys: [{ kty: 'oct', k: 'hunter2' }] } }, /keys\[0\] is a private key or a secret/],
    [{ jwks: { keys: [pair.privateKey.export({ format: 'jwk' })] } }, /keys\[0\] is a private key or a secret/],
    [{ jwks: { keys: [{ ...keySet(pair).keys[0], use: 'enc' }] } }, /keys\[0\] is not for signatures/],
    [{ jwks: keySet(pair), algorithms: ['RS256'] }, /keys\[0\] is for an algorithm that is not allowed/],
  ];
  for (const [keys, expected] of cases) {
    await assert.rejects(startGuarded([{ jwt: { issuers: [{ issuer: ISSUER, ...keys }] } }]), (error: Error) => {
      assert.match(error.message, expected);
      assert.doesNotMatch(error.message, /hunter2|BEGIN/);
      return true;
    });
  }
});
