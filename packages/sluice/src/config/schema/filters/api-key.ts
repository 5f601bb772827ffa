/** How `apiKey` is written. */
import * as z from 'zod';
import type { ApiKeyEntry, ApiKeyPlan } from '../../filters/api-key-plan.ts';
import { editableHeaderName } from '../header.ts';
import { flag, listOf, text } from '../scalar.ts';
import { plainData } from '../plain-data.ts';
import { preset, section } from '../section.ts';

const KEYS_MAX = 10_000;

const key = section("an object such as { name: 'shop', hash: 'sha256:…' }", {
  name: text('a name', 128)
    .regex(/^[^:]*$/, 'must not have a colon')
    .describe('Whose key it is: for the service, limits and logs.'),
  hash: text('a hash of a key', 1024).describe(
    'Its hash, as `sluice hash-password --new-key` prints it: `sha256:` and 64 hexadecimal digits for keys that a machine made, scrypt for others.',
  ),
  claims: z
    .record(z.string(), plainData(), { error: "must be an object such as { plan: 'pro' }" })
    .default({})
    .describe('What filters that follow may look at, as if a token said it.'),
}).transform(({ name, hash, claims }): ApiKeyEntry => ({ name, hash, claims: { ...claims, sub: name } }));

export const apiKeySchema = section("an object such as { file: 'keys.txt' }", {
  keys: preset(z.array(key, { error: 'must be a list of keys' }).max(KEYS_MAX, `must be at most ${KEYS_MAX} keys`), []).describe(
    'Which keys let in.',
  ),
  file: preset(listOf(text('a path', 4096), 'a path', 16), []).describe(
    'Files of keys: `name:sha256:HEX` by line. Read again when they change.',
  ),
  header: editableHeaderName().default('x-api-key').describe('Header that the key comes in.'),
  query: text('a name', 128).optional().describe('A query parameter that the key may come in. It ends up in logs: the last resort.'),
  nameHeader: editableHeaderName()
    .optional()
    .describe('Header of the request to the service that says whose key it is. No client can send it.'),
  forwardKey: flag().default(false).describe('Whether the service sees the key.'),
})
  .transform((given): ApiKeyPlan => ({
    keys: given.keys,
    keysWritten: given.keys.length,
    files: given.file,
    header: given.header.toLowerCase(),
    query: given.query ?? null,
    nameHeader: given.nameHeader ?? null,
    forwardsKey: given.forwardKey,
  }))
  .meta({ id: 'ApiKeyFilter', title: 'API keys', description: 'Lets in who shows a key.' });
