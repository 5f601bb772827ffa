/** Certificates in files, as a configuration names them; removed when the test file ends. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LeafOptions, PemPair } from '../../src/io/x509/authority.ts';
import { type TestAuthority, testAuthority } from './authority.ts';

export interface TlsMaterial extends Disposable {
  readonly directory: string;
  readonly authority: TestAuthority;
  /** The authority's own certificate. */
  readonly caFile: string;
  /** Writes a file. @returns Its path. */
  file(name: string, text: string): string;
  /** Makes a certificate for names. @returns It and its files, as `certificates` of a listener takes them. */
  leaf(name: string, names: readonly string[], options?: Partial<Omit<LeafOptions, 'authority' | 'names'>>): Promise<LeafFiles>;
}

export interface LeafFiles extends PemPair {
  readonly files: { readonly cert: string; readonly key: string };
}

export async function tlsMaterial(name = 'Test CA'): Promise<TlsMaterial> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
  const authority = await testAuthority(name);
  const file = (base: string, text: string): string => {
    const path = join(directory, base);
    writeFileSync(path, text);
    return path;
  };
  return {
    directory,
    authority,
    caFile: file('ca.pem', authority.certPem),
    file,
    async leaf(base, names, options) {
      const pair = await authority.leaf(names, options);
      return { ...pair, files: { cert: file(`${base}.pem`, pair.certPem), key: file(`${base}.key`, pair.keyPem) } };
    },
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
