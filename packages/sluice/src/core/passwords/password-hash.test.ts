import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyHashProblem, fastKeyHash } from './key-hash.ts';
import { readPasswordHash } from './password-hash.ts';

const [salt, hash] = ['AAAAAAAAAAAAAAAAAAAAAA', 'BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB'];

test('hashes that are worth having and can be afforded are read', () => {
  assert.deepEqual(readPasswordHash(`$scrypt$ln=15,r=8,p=3$${salt}$${hash}`), {
    ok: true,
    value: { kind: 'scrypt', cost: 32_768, blockSize: 8, parallelism: 3, salt, hash },
  });
  assert.deepEqual(readPasswordHash(`$argon2id$v=19$m=19456,t=2,p=1$${salt}$${hash}`), {
    ok: true,
    value: { kind: 'argon2id', memoryKib: 19_456, passes: 2, parallelism: 1, salt, hash },
  });
});

test('everything else is refused with what to do, and nothing of it is said', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['hunter2', /is not a hash/],
    ['', /is not a hash/],
    ['$2b$12$hunter2', /is a bcrypt hash/],
    ['$apr1$hunter2$x', /is an old hash/],
    ['$6$hunter2$x', /is an old hash/],
    ['{SHA}hunter2=', /is an old hash/],
    ['$argon2i$v=19$m=65536,t=3,p=4$hunter2$x', /argon2id is wanted/],
    ['$pbkdf2$hunter2', /of an unknown kind/],
    [`$scrypt$ln=15,r=8,p=3$${salt}`, /is not a whole scrypt hash/],
    [`$scrypt$ln=15,r=8,p=3$${salt}$${hash}$hunter2`, /is not a whole scrypt hash/],
    [`$scrypt$r=8,ln=15,p=3$${salt}$${hash}`, /is not a whole scrypt hash/],
    [`$scrypt$ln=15,r=8,p=0$${salt}$${hash}`, /is not a whole scrypt hash/],
    [`$scrypt$ln=15,r=8,p=3$hunter2$${hash}`, /is not a whole scrypt hash/],
    [`$scrypt$ln=15,r=8,p=3$${salt}$hunter2`, /is not a whole scrypt hash/],
    [`$scrypt$ln=13,r=8,p=1$${salt}$${hash}`, /too cheap/],
    [`$scrypt$ln=19,r=8,p=1$${salt}$${hash}`, /more than 256 MiB/],
    [`$argon2id$v=16$m=65536,t=3,p=4$${salt}$${hash}`, /is not a whole argon2id hash/],
    [`$argon2id$v=19$m=1024,t=3,p=1$${salt}$${hash}`, /too cheap/],
    [`$argon2id$v=19$m=999999999,t=3,p=1$${salt}$${hash}`, /more than 256 MiB/],
  ];
  for (const [text, expected] of cases) {
    const found = readPasswordHash(text);
    assert.ok(!found.ok, text);
    assert.match(found.what, expected);
    assert.match(found.hint, /sluice hash-password$/);
    assert.doesNotMatch(found.what + found.hint, /hunter2/);
  }
});

test('keys have a digest, or a slow hash', () => {
  assert.equal(fastKeyHash(`sha256:${'aB'.repeat(32)}`), 'ab'.repeat(32));
  for (const text of ['sha256:', `sha256:${'a'.repeat(63)}`, `sha256:${'g'.repeat(64)}`, 'a'.repeat(64)]) {
    assert.equal(fastKeyHash(text), null);
    assert.match(keyHashProblem(text)![1], /--new-key/);
  }
  assert.equal(keyHashProblem(`$scrypt$ln=15,r=8,p=3$${salt}$${hash}`), null);
  assert.match(keyHashProblem('$1$x$y')![0], /is an old hash/);
});
