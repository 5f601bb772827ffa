/** Addresses in the configuration, parsed by `config/address.ts`. */
import * as z from 'zod';
import { ADMIN, type AddressUse, ENDPOINT, LISTENER, type ParsedAddress, parseAddress } from '../address.ts';

/** A parsed address and its canonical text. */
export type GivenAddress = Pick<Extract<ParsedAddress, { ok: true }>, 'address' | 'text'>;

function address(use: AddressUse, allowed: string) {
  const error = (issue: { input?: unknown }) => {
    const isPort = typeof issue.input === 'number' && Number.isInteger(issue.input) && issue.input > 0 && issue.input < 65_536;
    return isPort ? `${allowed}\nwrite '${use.hostDefault === null ? '127.0.0.1' : ''}:${String(issue.input)}'` : allowed;
  };
  return z
    .string({ error })
    .transform((text, context): GivenAddress => {
      const parsed = parseAddress(text, use);
      if (parsed.ok) return parsed;
      const message = `${allowed}; this ${parsed.problem}${parsed.hint === null ? '' : `\n${parsed.hint}`}`;
      context.issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    })
    .meta({ 'x-range': 'address' });
}

/** Where a listener listens. */
export function listenerAddress() {
  return address(LISTENER, "must be an address such as ':8080', '127.0.0.1:8080' or 'unix:/path'");
}

/** Where the admin API listens. */
export function adminAddress() {
  return address(ADMIN, "must be an address such as '127.0.0.1:9900' or 'unix:/path'");
}

/** Where an endpoint is. */
export function endpointAddress() {
  return address(ENDPOINT, "must be an address such as '127.0.0.1:3001', '[::1]:3001', 'app.internal:80' or 'unix:/path'");
}
