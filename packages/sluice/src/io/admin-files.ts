/** The files that the admin API's settings name: paths from the configuration's directory, and what is wrong with certificates before anything listens. */
import { resolve } from 'node:path';
import type { Timestamp } from '../base/time.ts';
import { type Fault, makeFault, type Path } from '../config/fault.ts';
import type { AdminSettings, AdminTls } from '../config/observe-plan.ts';
import { readCertificate } from './certificate.ts';
import type { CertificateFault } from './certificate-fault.ts';
import { type FileState, fileState } from './file-state.ts';
import { readCaBundle } from './trust-file.ts';

/** What the files hold. */
export interface AdminMaterial {
  readonly cert: string;
  readonly key: string;
  /** Null: clients are not asked for certificates. */
  readonly clientCa: string | null;
}

export interface AdminFilesReport {
  readonly faults: readonly Fault[];
  /** Out of their time. */
  readonly outdated: readonly Fault[];
  readonly files: readonly FileState[];
}

export type AdminReading =
  | { readonly ok: true; readonly material: AdminMaterial; readonly outdated: readonly Finding[] }
  | { readonly ok: false; readonly faults: readonly Finding[] };

interface Finding {
  readonly key: 'cert' | 'clientCa';
  readonly fault: CertificateFault;
}

/** The same settings, with every path absolute. */
export function withAbsoluteAdmin(admin: AdminSettings, directory: string): AdminSettings {
  const { tls, auditFile } = admin;
  return {
    ...admin,
    tls: tls === null ? null : withAbsoluteTls(tls, directory),
    auditFile: auditFile === null ? null : resolve(directory, auditFile),
  };
}

/** Certificate, key and authority. Every fault at once. */
export async function readAdminTls({ certFile, keyFile, clientCaFile }: AdminTls, now: Timestamp): Promise<AdminReading> {
  const own = await readCertificate({ certFiles: [certFile], keyFile }, now);
  const ca = clientCaFile === null ? null : await readCaBundle(clientCaFile, now);
  const faults: Finding[] = own.ok ? [] : own.faults.map((fault) => ({ key: 'cert', fault }));
  if (ca !== null && !ca.ok) faults.push({ key: 'clientCa', fault: ca.fault });
  if (!own.ok || (ca !== null && !ca.ok)) return { ok: false, faults };
  const outdated: Finding[] = own.warnings.map((fault) => ({ key: 'cert', fault }));
  for (const fault of ca?.warnings ?? []) outdated.push({ key: 'clientCa', fault });
  return { ok: true, material: { cert: own.material.certPem, key: own.material.keyPem, clientCa: ca?.pem ?? null }, outdated };
}

/** What `check`, a start and a reload say of them. @param root The configuration. */
export async function adminFiles({ tls }: AdminSettings, root: unknown, now: Timestamp): Promise<AdminFilesReport> {
  if (tls === null) return { faults: [], outdated: [], files: [] };
  const paths = [tls.certFile, tls.keyFile, ...(tls.clientCaFile === null ? [] : [tls.clientCaFile])];
  // Before they are read: a change in between is seen as one.
  const files = await Promise.all(paths.map(fileState));
  const reading = await readAdminTls(tls, now);
  const faultOf = ({ key, fault }: Finding): Fault => makeFault(root, { path: pathOf(key), what: fault.what, hint: fault.hint });
  if (!reading.ok) return { faults: reading.faults.map(faultOf), outdated: [], files };
  return { faults: [], outdated: reading.outdated.map(faultOf), files };
}

function pathOf(key: Finding['key']): Path {
  return ['admin', 'tls', key];
}

function withAbsoluteTls(tls: AdminTls, directory: string): AdminTls {
  const { certFile, keyFile, clientCaFile } = tls;
  return {
    ...tls,
    certFile: resolve(directory, certFile),
    keyFile: resolve(directory, keyFile),
    clientCaFile: clientCaFile === null ? null : resolve(directory, clientCaFile),
  };
}
