/** One self-signed certificate (ECDSA P-256) for all proxies of a run, as the files that each of them wants. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './processes.ts';

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  /** Both in one file, for HAProxy. */
  readonly combined: string;
}

let made: CertificateFiles | null = null;

/** Made by openssl at the first call. */
export function certificateFiles(): CertificateFiles {
  if (made !== null) return made;
  const directory = temporaryDirectory('certificate');
  const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem'), combined: join(directory, 'combined.pem') };
  const parameters = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '7'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const { status, stderr } = spawnSync('openssl', [...parameters, ...names, '-keyout', files.key, '-out', files.cert], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`openssl req: exit ${status}; is openssl installed?\n${stderr}`);
  writeFileSync(files.combined, readFileSync(files.cert, 'utf8') + readFileSync(files.key, 'utf8'));
  return (made = files);
}
