/**
 * Hashes of passwords as text, in the form of PHC strings: `$scrypt$ln=15,r=8,p=3$SALT$HASH` and `$argon2id$v=19$m=65536,t=3,p=4$SALT$HASH`, base64 without padding. Parameters are bounded,
 * below by what is worth having and above by what one login may cost. Plain text and old hashes are refused with what to do instead.
 */

export type PasswordHash =
  | {
      readonly kind: 'scrypt';
      readonly cost: number;
      readonly blockSize: number;
      readonly parallelism: number;
      readonly salt: string;
      readonly hash: string;
    }
  | {
      readonly kind: 'argon2id';
      readonly memoryKib: number;
      readonly passes: number;
      readonly parallelism: number;
      readonly salt: string;
      readonly hash: string;
    };

export type HashReading =
  | { readonly ok: true; readonly value: PasswordHash }
  | { readonly ok: false; readonly what: string; readonly hint: string };

const REMEDY = 'make one with: sluice hash-password';
/** One login may take this much memory for the time that it takes. */
const MEMORY_MAX = 256 * 1024 * 1024;
const BASE64 = /^[A-Za-z0-9+/]+$/;
const NUMBER = /^[1-9]\d{0,8}$/;
const SALT_MIN = 11; // 8 bytes
const TEXT_MAX = 172; // 128 bytes
const HASH_MIN = 22; // 16 bytes

/** Reads one. Messages have nothing of it. */
export function readPasswordHash(text: string): HashReading {
  if (text.startsWith('$scrypt$')) return readScrypt(text.split('$'));
  if (text.startsWith('$argon2id$')) return readArgon2(text.split('$'));
  return refusal(...otherKind(text));
}

function readScrypt([, , parameters = '', salt = '', hash = '', ...more]: readonly string[]): HashReading {
  const [ln, blockSize, parallelism] = numbers(parameters, ['ln', 'r', 'p']);
  if (ln === undefined || blockSize === undefined || parallelism === undefined || more.length > 0 || !areSound(salt, hash)) {
    return refusal('is not a whole scrypt hash ($scrypt$ln=15,r=8,p=3$SALT$HASH)', REMEDY);
  }
  if (ln < 14 || blockSize < 8) return refusal('is a scrypt hash that is too cheap (less than ln=14, r=8)', REMEDY);
  if (ln > 20 || 128 * 2 ** ln * blockSize > MEMORY_MAX || parallelism > 16)
    return refusal('is a scrypt hash that takes more than 256 MiB or p=16', REMEDY);
  return { ok: true, value: { kind: 'scrypt', cost: 2 ** ln, blockSize, parallelism, salt, hash } };
}

function readArgon2([, , version = '', parameters = '', salt = '', hash = '', ...more]: readonly string[]): HashReading {
  const [memoryKib, passes, parallelism] = numbers(parameters, ['m', 't', 'p']);
  if (
    version !== 'v=19' ||
    memoryKib === undefined ||
    passes === undefined ||
    parallelism === undefined ||
    more.length > 0 ||
    !areSound(salt, hash)
  ) {
    return refusal('is not a whole argon2id hash ($argon2id$v=19$m=65536,t=3,p=4$SALT$HASH)', REMEDY);
  }
  if (memoryKib * passes < 14_336) return refusal('is an argon2id hash that is too cheap (m times t is less than 14 MiB)', REMEDY);
  if (memoryKib * 1024 > MEMORY_MAX || passes > 16 || parallelism > 16)
    return refusal('is an argon2id hash that takes more than 256 MiB, t=16 or p=16', REMEDY);
  if (memoryKib < 8 * parallelism) return refusal('is an argon2id hash with less than 8 KiB for each lane', REMEDY);
  return { ok: true, value: { kind: 'argon2id', memoryKib, passes, parallelism, salt, hash } };
}

/** `ln=15,r=8,p=3` by names that must stand in this order. */
function numbers(text: string, names: readonly string[]): readonly (number | undefined)[] {
  const pairs = text.split(',');
  if (pairs.length !== names.length) return [];
  return names.map((name, index) => {
    const value = pairs[index]!.startsWith(`${name}=`) ? pairs[index]!.slice(name.length + 1) : '';
    return NUMBER.test(value) ? Number(value) : undefined;
  });
}

function areSound(salt: string, hash: string): boolean {
  return (
    BASE64.test(salt) &&
    salt.length >= SALT_MIN &&
    salt.length <= TEXT_MAX &&
    BASE64.test(hash) &&
    hash.length >= HASH_MIN &&
    hash.length <= TEXT_MAX
  );
}

function otherKind(text: string): readonly [what: string, hint: string] {
  if (/^\$2[abxy]?\$/.test(text)) return ['is a bcrypt hash, which this runtime cannot verify', `have the password set anew and ${REMEDY}`];
  if (/^\$(?:apr1|1|5|6|md5)\$/.test(text) || text.startsWith('{SHA}'))
    return ['is an old hash that is guessed in hours', `have the password set anew and ${REMEDY}`];
  if (/^\$argon2(?:i|d)\$/.test(text)) return ['is argon2i or argon2d; argon2id is wanted', REMEDY];
  if (text.startsWith('$')) return ['is a hash of an unknown kind', REMEDY];
  return ['is not a hash: passwords do not stand in configurations', REMEDY];
}

function refusal(what: string, hint: string): HashReading {
  return { ok: false, what, hint };
}
