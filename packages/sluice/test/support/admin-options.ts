/** An admin server for tests: on any port of loopback, with an audit log in memory. */
import { AuditLog } from '../../src/admin/audit-log.ts';
import type { AdminBackend } from '../../src/admin/backend.ts';
import type { AdminOptions } from '../../src/admin/server.ts';
import { timestamp } from '../../src/base/time.ts';
import { type AdminSettings, NO_OBSERVE } from '../../src/config/observe-plan.ts';
import type { AddressPlan } from '../../src/config/plan.ts';

export const ANY_PORT: AddressPlan = { kind: 'tcp', host: '127.0.0.1', port: 0 };

export function adminOptions(
  backend: AdminBackend,
  { address = ANY_PORT, ...settings }: Partial<AdminSettings> & { readonly address?: AddressPlan } = {},
  onError: (error: Error) => void = () => {},
): AdminOptions {
  const audit = new AuditLog(
    () => timestamp(0),
    () => {},
  );
  return { address, settings: { ...NO_OBSERVE.admin, ...settings }, backend, audit, onError };
}
