/** Certificates that no client would ever be given: all their names are those of certificates before them, with a key of the same type. */
import type { CertificatePlan } from './tls-plan.ts';

/** @returns For each, its index and that of the one that is given instead. */
export function unusedCertificates(
  certificates: readonly CertificatePlan[],
): readonly { readonly index: number; readonly instead: number }[] {
  const owners = new Map<string, number>();
  const unused: { index: number; instead: number }[] = [];
  for (const [index, { names, material }] of certificates.entries()) {
    if (material === null) continue;
    const keys = names.map((name) => `${material.keyType} ${name}`);
    const fresh = keys.filter((key) => !owners.has(key));
    if (keys.length > 0 && fresh.length === 0) unused.push({ index, instead: owners.get(keys[0]!)! });
    for (const key of fresh) owners.set(key, index);
  }
  return unused;
}
