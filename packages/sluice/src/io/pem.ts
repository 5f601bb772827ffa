/**
 * PEM (RFC 7468): files read whole and bounded, and split into their blocks. Text between blocks is passed over, as other tools do. A file
 * without any block is a fault that says what it is instead.
 */
import { open } from 'node:fs/promises';
import { constants } from 'node:fs';
import { type CertificateFault, certificateFault } from './certificate-fault.ts';

export interface PemText {
  /** Where it is from; for messages. */
  readonly file: string;
  readonly text: string;
}

export interface PemBlock {
  /** `CERTIFICATE`, `EC PRIVATE KEY`, … */
  readonly label: string;
  /** With its BEGIN and END lines and a final line feed. */
  readonly pem: string;
}

export type Found<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly fault: CertificateFault };

/** A bundle of all public CAs is a fifth of it. */
export const PEM_BYTES_MAX = 1_048_576;

const REASONS: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ENOENT: ['does not exist', 'check the path'],
  ENOTDIR: ['does not exist', 'check the path'],
  EACCES: ['may not be read by this user', 'grant it read permission, for instance through its group'],
  EPERM: ['may not be read by this user', 'grant it read permission, for instance through its group'],
  ELOOP: ['is a link that leads to itself', 'check the path'],
};

/** Reads a file. Latin-1, so that whatever is in it is seen as it is. */
export async function readPemText(file: string): Promise<Found<PemText>> {
  try {
    // Without O_NONBLOCK a named pipe that nobody writes to would hold us for ever.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) return refused(file, 'unreadable', 'is not a file', 'name a PEM file');
      if (stat.size > PEM_BYTES_MAX) return refused(file, 'unreadable', 'is larger than 1 MiB', 'name a PEM file');
      return { ok: true, value: { file, text: await handle.readFile('latin1') } };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const [what, hint] = REASONS[code] ?? [`cannot be read: ${message}`, 'check the path and its permissions'];
    return refused(file, 'unreadable', what, hint);
  }
}

/** The blocks of a text, at least one, in their order. */
export function pemBlocks({ file, text }: PemText): Found<readonly PemBlock[]> {
  const blocks = Array.from(
    text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----[\r\n][^-]*(?:-(?!----)[^-]*)*-----END \1-----/g),
    ([pem, label = '']) => ({ label, pem: `${pem.replaceAll('\r\n', '\n')}\n` }),
  );
  if (blocks.length > 0) return { ok: true, value: blocks };
  if (text.trim() === '') return refused(file, 'not-pem', 'is empty', 'name a PEM file');
  if (text.includes('-----BEGIN ')) return refused(file, 'not-pem', 'is cut off: a BEGIN line has no END line', 'copy the whole file');
  return refused(file, 'not-pem', 'is not PEM', conversionHint(file, text));
}

function conversionHint(file: string, text: string): string {
  const name = JSON.stringify(file);
  if (/\.(p12|pfx)$/i.test(file)) return `convert it: openssl pkcs12 -in ${name} -nodes -out cert-and-key.pem`;
  // 0x30 begins every DER certificate, key and CRL.
  if (!text.startsWith('0')) return 'it must have lines such as -----BEGIN CERTIFICATE-----';
  const command = /\.crl$/i.test(file) ? 'crl' : /\.key$/i.test(file) ? 'pkey' : 'x509';
  return `it looks like DER: convert it with openssl ${command} -inform DER -in ${name} -out FILE.pem`;
}

function refused(file: string, kind: CertificateFault['kind'], what: string, hint: string): { ok: false; fault: CertificateFault } {
  return { ok: false, fault: certificateFault(kind, file, what, hint) };
}
