/** The admin API. On loopback it needs no token; anywhere else it does, because whoever reaches it can drain and reload. */
import * as z from 'zod';
import { adminAddress } from './address.ts';
import { preset, section } from './section.ts';

/** Shorter tokens can be guessed. */
export const TOKEN_LENGTH_MIN = 16;

const TOKEN_ALLOWED = `must be a token of ${TOKEN_LENGTH_MIN} to 256 visible characters`;

const detailed = section("an address, or an object such as { address: '10.0.0.5:9900', token: '…' }", {
  address: adminAddress().describe("`'127.0.0.1:9900'` or `'unix:/path'`. `':9900'` is loopback, too."),
  token: z
    .string({ error: TOKEN_ALLOWED })
    .regex(/^[!-~]{16,256}$/, `${TOKEN_ALLOWED}\nmake one with: openssl rand -base64 32`)
    .optional()
    .describe('Asked for as `Authorization: Bearer TOKEN`. Needed off loopback. Never logged.'),
}).meta({ id: 'Admin', title: 'Admin', description: 'The admin API: metrics, status, reload, drain.' });

/** The admin API; on loopback unless told otherwise. Null when off. */
export const adminSchema = preset(
  z.union([z.literal(false).transform(() => null), adminAddress().transform((address) => ({ address, token: undefined })), detailed], {
    error: "must be an address such as '127.0.0.1:9900', an object, or false",
  }),
  '127.0.0.1:9900',
);
