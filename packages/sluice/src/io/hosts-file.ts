/**
 * Addresses of names that stand in the hosts file (hosts(5)). Not asked of the system, whose resolver makes other names of a name that it does not know (`search` of resolv.conf): `secret` would
 * become `secret.corp.example`, which nobody has checked. The file is read each time; it is small, and changes.
 */
import { readFile } from 'node:fs/promises';

const HOSTS_FILE = '/etc/hosts';

/** Nothing where it has no such name, or cannot be read. @param name Lower case, without a dot at its end. */
export async function hostsFileAddresses(name: string): Promise<readonly string[]> {
  const text = await readFile(HOSTS_FILE, 'utf8').catch(() => '');
  return addressesIn(text, name);
}

/** Addresses as they are written: whoever uses them checks them. */
export function addressesIn(text: string, name: string): readonly string[] {
  if (!text.toLowerCase().includes(name)) return [];
  const found: string[] = [];
  for (const line of text.split('\n')) {
    const [address, ...names] = line.replace(/#.*$/, '').trim().toLowerCase().split(/\s+/);
    if (names.includes(name)) found.push(address!);
  }
  return found;
}
