/**
 * Certificates for development from an authority of this user's own, made once: whoever trusts it has `https://localhost` without a warning.
 * Kept in one directory per user, reused, and renewed when 30 days are left. Two processes that start at once make one authority.
 */
import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Timestamp } from '../base/time.ts';
import { examineCertificate, type LoadedCertificate } from './certificate.ts';
import { certificateFileName } from './certificate-file-name.ts';
import { withFileLock } from './file-lock.ts';
import { assertPrivate, ensurePrivateDirectory, writeWhole } from './private-files.ts';
import { makeAuthority, makeLeaf, type PemPair } from './x509/authority.ts';
import type { MadeKeyType, RandomBytes } from './x509/library.ts';
import { normaliseNames } from './x509/names.ts';

/** For whom `sluice cert dev` makes a certificate when nobody is named. */
export const DEV_NAMES: readonly string[] = ['localhost', '*.localhost', '127.0.0.1', '::1'];

export interface DevCertificateOptions {
  readonly now: Timestamp;
  /** Default: `devDirectory()`. */
  readonly directory?: string;
  /** Default `ec`. */
  readonly keyType?: MadeKeyType;
  /** Default: `node:crypto`'s. */
  readonly random?: RandomBytes;
}

export interface DevCertificate {
  readonly material: LoadedCertificate;
  readonly certFile: string;
  readonly keyFile: string;
  /** What clients must trust. */
  readonly caFile: string;
  /** Whether the authority was made just now: nobody trusts it yet. */
  readonly isNewAuthority: boolean;
}

const DAY_MS = 86_400_000;
const RENEW_MS = 30 * DAY_MS;
const LEAF_DAYS = 397;
/** Another process makes keys for this long at the most; a lock left by a crash is broken earlier. */
const LOCK_WAIT_MS = 60_000;
const REMEDY = 'set SLUICE_DEV_DIR to a directory that this user may write to';

/**
 * The directory: `SLUICE_DEV_DIR`, else `sluice/dev` where this user's programs keep their data.
 * @throws {Error} for a user without a home: keys must not end up in whatever directory we are started in.
 */
export function devDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env['SLUICE_DEV_DIR']) return env['SLUICE_DEV_DIR'];
  const data = env['XDG_DATA_HOME'] ?? ''; // to be ignored when it is relative (XDG Base Directory Specification)
  const directory = isAbsolute(data) ? data : join(homeDirectory(env), '.local/share');
  if (!isAbsolute(directory)) throw new Error(`this user has no home directory; ${REMEDY}`);
  return join(directory, 'sluice/dev');
}

function homeDirectory(env: NodeJS.ProcessEnv): string {
  try {
    return env['HOME'] ?? homedir();
  } catch {
    return ''; // not in the system's list of users
  }
}

/**
 * The certificate for these names, made when there is none that will do. Nothing is written when there is: a home that can only be read will do then.
 * @param names Host names and addresses; none means `DEV_NAMES`.
 * @throws {Error} that names the file or name and the remedy.
 */
export async function devCertificate(names: readonly string[], options: DevCertificateOptions): Promise<DevCertificate> {
  const wanted = normaliseNames(names.length === 0 ? DEV_NAMES : names).toSorted();
  const directory = options.directory ?? devDirectory();
  // What is damaged is looked at again when nobody is in the middle of writing it.
  return (await readCertificate(directory, wanted, options).catch(() => null)) ?? makeCertificate(directory, wanted, options);
}

/** Null when something is missing. */
async function readCertificate(
  directory: string,
  names: readonly string[],
  options: DevCertificateOptions,
): Promise<DevCertificate | null> {
  assertPrivate(directory, (await stat(directory)).mode);
  const authority = await readAuthority(directory, options.now);
  return authority === null ? null : readLeaf(leafFiles(directory, names, options), names, authority, options.now);
}

async function makeCertificate(directory: string, names: readonly string[], options: DevCertificateOptions): Promise<DevCertificate> {
  try {
    await ensurePrivateDirectory(directory);
    const signal = AbortSignal.timeout(LOCK_WAIT_MS);
    return await withFileLock(join(directory, 'lock'), { signal }, async () => {
      const authority = (await readAuthority(directory, options.now)) ?? (await makeAuthorityFiles(directory, options));
      const files = leafFiles(directory, names, options);
      return (await readLeaf(files, names, authority, options.now)) ?? (await makeLeafFiles(files, names, authority, options));
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new Error(`directory ${JSON.stringify(directory)} cannot be used: ${(error as Error).message}; ${REMEDY}`, { cause: error });
  }
}

interface LeafFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

function leafFiles(directory: string, names: readonly string[], { keyType }: DevCertificateOptions): LeafFiles {
  const base = join(directory, `${certificateFileName(names)}${keyType === 'rsa' ? '-rsa' : ''}`);
  return { certFile: `${base}.pem`, keyFile: `${base}.key` };
}

interface Authority extends PemPair {
  readonly certFile: string;
  readonly notAfter: Timestamp;
  readonly isNew: boolean;
}

function authorityFiles(directory: string): LeafFiles {
  return { certFile: join(directory, 'ca.pem'), keyFile: join(directory, 'ca.key') };
}

/** Null when there is none, or it ends soon. @throws {Error} when it is damaged. */
async function readAuthority(directory: string, now: Timestamp): Promise<Authority | null> {
  const { certFile, keyFile } = authorityFiles(directory);
  const kept = await readPair(certFile, keyFile);
  if (kept === null) return null;
  const { notAfter } = examine(kept, certFile, keyFile, now);
  return notAfter - now > RENEW_MS ? { ...kept, certFile, notAfter, isNew: false } : null;
}

async function makeAuthorityFiles(directory: string, { now, random = randomBytes }: DevCertificateOptions): Promise<Authority> {
  const { certFile, keyFile } = authorityFiles(directory);
  const made = await makeAuthority({ name: `Sluice development CA (${hostname().slice(0, 30)})`, now, random });
  // The key first: a certificate without its key would be a broken authority, a key without certificate is none yet.
  await writeWhole(keyFile, made.keyPem);
  await writeWhole(certFile, made.certPem, 0o644);
  return { ...made, certFile, notAfter: examine(made, certFile, keyFile, now).notAfter, isNew: true };
}

/** Null when there is none that will do. */
async function readLeaf(files: LeafFiles, names: readonly string[], authority: Authority, now: Timestamp): Promise<DevCertificate | null> {
  const kept = await readPair(files.certFile, files.keyFile);
  const material = kept === null ? null : usableLeaf(kept, authority, names, now);
  return material === null ? null : { material, ...files, caFile: authority.certFile, isNewAuthority: authority.isNew };
}

async function makeLeafFiles(
  files: LeafFiles,
  names: readonly string[],
  authority: Authority,
  { now, keyType = 'ec', random = randomBytes }: DevCertificateOptions,
): Promise<DevCertificate> {
  const days = Math.min(LEAF_DAYS, Math.floor((authority.notAfter - now) / DAY_MS));
  const pair = await makeLeaf({ authority, names, now, random, keyType, days });
  await writeWhole(files.keyFile, pair.keyPem);
  await writeWhole(files.certFile, pair.certPem, 0o644);
  const material = examine(pair, files.certFile, files.keyFile, now);
  return { material, ...files, caFile: authority.certFile, isNewAuthority: authority.isNew };
}

/** Null when it is for other names, from another authority, damaged, or near its end: it is only a copy of what can be made again. */
function usableLeaf(pair: PemPair, authority: Authority, names: readonly string[], now: Timestamp): LoadedCertificate | null {
  // With the authority behind it, the chain is only in order when the authority signed it.
  const chain = [pair.certPem, authority.certPem].map((text) => ({ file: 'certificate', text }));
  const reading = examineCertificate({ certificates: chain, key: { file: 'key', text: pair.keyPem } }, now);
  if (!reading.ok || reading.warnings.length > 0 || reading.material.notAfter - now <= RENEW_MS) return null;
  if (reading.material.names.toSorted().join(' ') !== names.join(' ')) return null;
  return examine(pair, 'certificate', 'key', now);
}

function examine(pair: PemPair, certFile: string, keyFile: string, now: Timestamp): LoadedCertificate {
  const reading = examineCertificate(
    { certificates: [{ file: certFile, text: pair.certPem }], key: { file: keyFile, text: pair.keyPem } },
    now,
  );
  if (reading.ok) return reading.material;
  throw new Error(`the development authority is damaged: ${reading.faults.map(({ message }) => message).join('; ')}, or remove both files`);
}

/** Null when one of them is not there. */
async function readPair(certFile: string, keyFile: string): Promise<PemPair | null> {
  try {
    const [certPem, keyPem] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
    return { certPem, keyPem };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
