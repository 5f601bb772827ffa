/** The admin API's tokens and certificates: what fits together, and who could reach it. */
import { ADMIN, isLoopback, parseAddress } from '../address.ts';
import { type RawConfig, rawField, rawList, type Report } from '../raw.ts';
import type { ValidConfig } from '../schema/config.ts';

/** Reports an admin API that a network can reach without proof of who asks, names that stand twice, and client certificates that nobody is asked for. */
export function checkObserve({ admin }: RawConfig, report: Report): void {
  checkReach(admin, report);
  checkNames(rawField(admin, 'tokens'), ['admin', 'tokens'], report);
  const tls = rawField(admin, 'tls');
  const clients = rawField(tls, 'clients');
  checkNames(clients, ['admin', 'tls', 'clients'], report);
  const hasCa = rawField(tls, 'clientCa') !== undefined;
  if (!hasCa && rawList(clients).length > 0)
    report({
      path: ['admin', 'tls', 'clients'],
      what: 'has no effect without clientCa',
      hint: 'name the file of their authority in clientCa',
    });
  if (hasCa && rawList(clients).length === 0 && !hasToken(admin))
    report({
      path: ['admin', 'tls', 'clientCa'],
      what: 'lets nobody in: there are no clients and no token',
      hint: "write clients: [{ name: 'COMMON NAME', scope: 'admin' }]",
    });
}

/** What goes over a network in the clear can be read there. */
export function warnObserve({ admin }: ValidConfig, report: Report): void {
  if (admin === null || admin.tls !== null || isLoopback(admin.address.address)) return;
  report({
    path: ['admin', 'address'],
    what: `is reachable from other machines (${admin.address.text}) and the tokens go there in the clear`,
    hint: "write tls: { cert: 'admin.pem', key: 'admin.key' }, or let a tunnel end on 127.0.0.1",
  });
}

function checkReach(admin: unknown, report: Report): void {
  const text = typeof admin === 'string' ? admin : rawField(admin, 'address');
  const parsed = typeof text === 'string' ? parseAddress(text, ADMIN) : null;
  if (parsed?.ok !== true || isLoopback(parsed.address) || hasToken(admin)) return;
  if (rawField(rawField(admin, 'tls'), 'clientCa') !== undefined) return;
  report({
    path: ['admin'],
    what: `is reachable from other machines (${parsed.text}) and has no token`,
    hint: `write { address: '${parsed.text}', token: … }, tokens: [{ name, sha256, scope }] (sluice hash-token makes one) or tls.clientCa, or listen on 127.0.0.1`,
  });
}

function hasToken(admin: unknown): boolean {
  return rawField(admin, 'token') !== undefined || rawList(rawField(admin, 'tokens')).length > 0;
}

/** The audit log tells callers apart by name. */
function checkNames(list: unknown, path: readonly string[], report: Report): void {
  const seen = new Map<unknown, number>();
  rawList(list).forEach((entry, index) => {
    const name = rawField(entry, 'name');
    const earlier = seen.get(name);
    if (typeof name !== 'string') return;
    if (earlier === undefined) seen.set(name, index);
    else
      report({
        path: [...path, index, 'name'],
        what: `is the name of ${path.at(-1)}[${earlier}], too`,
        hint: 'give each its own',
      });
  });
}
