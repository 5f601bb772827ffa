/** How `basic` is written. */
import * as z from 'zod';
import type { BasicPlan, PasswordUser } from '../../filters/basic-plan.ts';
import { editableHeaderName } from '../header.ts';
import { flag, listOf, text } from '../scalar.ts';
import { preset, section } from '../section.ts';

const USERS_MAX = 10_000;

/** RFC 7617 §2: no colon. */
const userName = text('a user name', 128).regex(/^[^:]*$/, 'must not have a colon (RFC 7617)');

const user = section("an object such as { name: 'anna', password: env('ANNA_HASH') }", {
  name: userName.describe('As it is typed.'),
  password: text('a hash of a password', 1024).describe(
    'Its hash, as `sluice hash-password` prints it: scrypt or argon2id, never the password itself.',
  ),
}).transform(({ name, password }): PasswordUser => ({ name, hash: password }));

/** Who is let in, and how browsers are asked. */
export const basicFields = {
  users: preset(z.array(user, { error: 'must be a list of users' }).max(USERS_MAX, `must be at most ${USERS_MAX} users`), []).describe(
    'Who is let in.',
  ),
  file: preset(listOf(text('a path', 4096), 'a path', 16), []).describe(
    'Files of users, as of htpasswd: `name:hash` by line. Read again when they change.',
  ),
  realm: text('a realm', 128)
    .regex(/^[^"\\]*$/, 'must not have quotes or backslashes')
    .default('sluice')
    .describe('What browsers show when they ask.'),
};

export const basicSchema = section("an object such as { file: 'users.htpasswd' }", {
  ...basicFields,
  userHeader: editableHeaderName().optional().describe('Header of the request to the service that says who it is. No client can send it.'),
  forwardCredentials: flag().default(false).describe('Whether the service sees the password.'),
})
  .transform((given): BasicPlan => ({
    users: given.users,
    usersWritten: given.users.length,
    files: given.file,
    realm: given.realm,
    userHeader: given.userHeader ?? null,
    forwardsCredentials: given.forwardCredentials,
  }))
  .meta({ id: 'BasicFilter', title: 'Passwords', description: 'Lets in users with their passwords (RFC 7617).' });
