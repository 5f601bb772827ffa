/**
 * Passwords and their hashes (`core/passwords/password-hash.ts`): made and verified on the thread pool, 50 to 200 ms each. Argon2 is there from Node 24.7 on.
 */
import { argon2, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { type PasswordHash, readPasswordHash } from '../core/passwords/password-hash.ts';

/** OWASP's parameters for scrypt in 32 MiB; 128 bits of salt, 256 of hash. */
const NEW = { ln: 15, blockSize: 8, parallelism: 3 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** A new hash: `$scrypt$ln=15,r=8,p=3$…`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const { ln, blockSize, parallelism } = NEW;
  const hash = await derive({ kind: 'scrypt', cost: 2 ** ln, blockSize, parallelism, salt: '', hash: '' }, password, salt, HASH_BYTES);
  return `$scrypt$ln=${ln},r=${blockSize},p=${parallelism}$${base64(salt)}$${base64(hash)}`;
}

/** Whether this runtime has what the hash is made with. */
export function canVerify(hash: string): boolean {
  return !hash.startsWith('$argon2id$') || typeof argon2 === 'function';
}

/** Whether it is this password. @throws {Error} for a text that is no hash. */
export async function isPassword(password: string, text: string): Promise<boolean> {
  const reading = readPasswordHash(text);
  if (!reading.ok) throw new Error(`a hash of a password ${reading.what}`);
  const wanted = Buffer.from(reading.value.hash, 'base64');
  const found = await derive(reading.value, password, Buffer.from(reading.value.salt, 'base64'), wanted.length);
  return timingSafeEqual(found, wanted);
}

/** What people type may come in two forms of Unicode (RFC 8265 §4.2). */
function derive(hash: PasswordHash, password: string, salt: Buffer, length: number): Promise<Buffer> {
  const message = Buffer.from(password.normalize('NFC'), 'utf8');
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, key: Buffer): void => (error === null ? resolve(key) : reject(error));
    if (hash.kind === 'scrypt') {
      const { cost, blockSize, parallelism } = hash;
      return scrypt(
        message,
        salt,
        length,
        { cost, blockSize, parallelization: parallelism, maxmem: 128 * cost * blockSize + 1024 * 1024 },
        done,
      );
    }
    const { memoryKib: memory, passes, parallelism } = hash;
    return argon2('argon2id', { message, nonce: salt, memory, passes, parallelism, tagLength: length }, done);
  });
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
