/**
 * What ACME gave us, on disk: for each server a directory with the account and, for each set of names, the certificate with its key in one file
 * (so that the two always belong together) and what went wrong last. Directories 0700, files 0600, each written whole or not at all.
 *
 *   STORAGE/acme-v02.api.letsencrypt.org-1a2b3c4d5e6f/account.json
 *                                                    /example.com-0123456789ab/certificate.pem
 *                                                                             /attempt.json
 */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Timestamp, timestamp } from '../base/time.ts';
import { type CertificateReading, examineCertificate } from './certificate.ts';
import { certificateFileName } from './certificate-file-name.ts';
import { withFileLock } from './file-lock.ts';
import { ensurePrivateDirectory, writeWhole } from './private-files.ts';

/** An account at the server, and the key that it is known by. */
export interface StoredAccount {
  /** Null until the server said so. */
  readonly url: string | null;
  /** PKCS #8 PEM. Secret. */
  readonly keyPem: string;
}

/** Failures in a row: kept over restarts, so that a program that restarts does not ask a server again and again. */
export interface StoredAttempt {
  readonly failures: number;
  /** Not to be tried again before. */
  readonly notBefore: Timestamp;
  readonly reason: string;
}

export interface CertificateStoreOptions {
  /** The directory for all servers. */
  readonly storage: string;
  readonly directoryUrl: string;
}

export class CertificateStore {
  readonly #root: string;

  constructor({ storage, directoryUrl }: CertificateStoreOptions) {
    const host = URL.canParse(directoryUrl) ? new URL(directoryUrl).host : 'acme';
    const hash = createHash('sha256').update(directoryUrl).digest('hex').slice(0, 12);
    this.#root = join(storage, `${host.replaceAll(/[^a-z0-9.-]/g, '_')}-${hash}`);
  }

  /** The file of a set of names, whether it is there or not. */
  certificateFile(names: readonly string[]): string {
    return join(this.#folder(names), 'certificate.pem');
  }

  /** Null when there is none. @throws {Error} that names the file when it cannot be used: a lost account is for a person to decide on. */
  async account(): Promise<StoredAccount | null> {
    const path = join(this.#root, 'account.json');
    const value = await readJson(path);
    if (value === null) return null;
    const { url, keyPem } = value;
    if (typeof keyPem === 'string' && (url === null || typeof url === 'string')) return { url, keyPem };
    throw new Error(`file ${JSON.stringify(path)} is damaged; bring it back, or remove it to make a new account`);
  }

  async saveAccount({ url, keyPem }: StoredAccount): Promise<void> {
    await ensurePrivateDirectory(this.#root);
    await writeWhole(join(this.#root, 'account.json'), `${JSON.stringify({ url, keyPem }, null, 2)}\n`);
  }

  /** The certificate for these names, checked as any other; null when there is none. */
  async certificate(names: readonly string[], now: Timestamp): Promise<CertificateReading | null> {
    const file = this.certificateFile(names);
    const text = await readText(file);
    return text === null ? null : examineCertificate({ certificates: [{ file, text }], key: { file, text } }, now);
  }

  async saveCertificate(names: readonly string[], pair: { readonly certPem: string; readonly keyPem: string }): Promise<void> {
    await ensurePrivateDirectory(this.#folder(names));
    await writeWhole(this.certificateFile(names), `${pair.keyPem.trimEnd()}\n${pair.certPem}`);
  }

  /** What went wrong last; null when nothing did, or it cannot be read. */
  async attempt(names: readonly string[]): Promise<StoredAttempt | null> {
    const value = await readJson(join(this.#folder(names), 'attempt.json')).catch(() => null);
    if (value === null) return null;
    const { failures, notBefore, reason } = value;
    if (typeof failures !== 'number' || typeof notBefore !== 'number' || typeof reason !== 'string') return null;
    return { failures, notBefore: timestamp(notBefore), reason };
  }

  /** @param attempt Null: all is well again. */
  async saveAttempt(names: readonly string[], attempt: StoredAttempt | null): Promise<void> {
    const path = join(this.#folder(names), 'attempt.json');
    if (attempt === null) return rm(path, { force: true });
    await ensurePrivateDirectory(this.#folder(names));
    await writeWhole(path, `${JSON.stringify(attempt)}\n`);
  }

  /** Does the work while no other process that uses this store does the same for these names. */
  async exclusively<Value>(names: readonly string[], signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
    await ensurePrivateDirectory(this.#folder(names));
    return withFileLock(join(this.#folder(names), 'lock'), { signal }, work);
  }

  /** The same for the account. */
  async exclusivelyForAccount<Value>(signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
    await ensurePrivateDirectory(this.#root);
    return withFileLock(join(this.#root, 'lock'), { signal }, work);
  }

  #folder(names: readonly string[]): string {
    return join(this.#root, certificateFileName(names));
  }
}

/** @throws {Error} that names the file. */
async function readJson(path: string): Promise<Readonly<Record<string, unknown>> | null> {
  const text = await readText(path);
  if (text === null) return null;
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {}
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
