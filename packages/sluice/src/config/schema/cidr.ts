/** Address ranges in the configuration. */
import * as z from 'zod';
import { parseCidr } from '../cidr.ts';

const CIDR_ALLOWED = "must be an address or a CIDR such as '10.0.0.0/8' or '::1'";

/** An address or a range; comes out in its canonical form. */
export function cidr() {
  return z
    .string({ error: CIDR_ALLOWED })
    .transform((given, context) => {
      const canonical = parseCidr(given);
      if (canonical !== null) return canonical;
      context.issues.push({ code: 'custom', message: CIDR_ALLOWED, input: given });
      return z.NEVER;
    })
    .meta({ 'x-range': 'address or CIDR' });
}
