/** What the commands share that talk to a running Sluice: the flag, the token, and how failures are said. */
import { Option } from 'commander';
import { ADMIN_ADDRESS_DEFAULT, type AdminCall, AdminClient, AdminError } from '../admin/client.ts';
import type { ServerSentEvent } from '../admin/sse-parser.ts';
import { CommandFault, EXIT_FAILED } from './console.ts';

/** Options of every command that uses the admin API. */
export interface AdminFlags {
  readonly admin: string;
}

/** `--admin ADDRESS`. The token comes from SLUICE_ADMIN_TOKEN: flags are seen by everybody who may list processes. */
export function adminOption(): Option {
  const text =
    'where the admin API listens: HOST:PORT, https://HOST:PORT or unix:/path; a token is read from SLUICE_ADMIN_TOKEN, files from SLUICE_ADMIN_CA, SLUICE_ADMIN_CERT and SLUICE_ADMIN_KEY';
  return new Option('--admin <address>', text).default(ADMIN_ADDRESS_DEFAULT);
}

/** Calls the admin API. @throws {CommandFault} with one line, and the single faults where the API names some. */
export async function callAdmin(flags: AdminFlags, call: AdminCall): Promise<unknown> {
  try {
    return await clientOf(flags).call(call);
  } catch (error) {
    throw asCommandFault(error);
  }
}

/** What the admin API's failures are to the person who called the command; anything else stays what it is. */
export function asCommandFault(error: unknown): unknown {
  if (!(error instanceof AdminError)) return error;
  const faults = error.problem?.['faults'];
  return new CommandFault([error.message, ...(Array.isArray(faults) ? faults.map(String) : [])], EXIT_FAILED);
}

/** The lines of an answer that goes on, as they come. @throws {CommandFault} with one line. */
export function followAdmin(flags: AdminFlags, path: string): AsyncIterable<string> {
  return withFaults(() => clientOf(flags).lines(path));
}

/** The events of a stream, as they come. @param lastId The last one that was seen. @throws {CommandFault} with one line. */
export function adminEvents(flags: AdminFlags, path: string, lastId?: string): AsyncIterable<ServerSentEvent> {
  return withFaults(() => clientOf(flags).events(path, lastId));
}

async function* withFaults<Item>(source: () => AsyncIterable<Item>): AsyncIterable<Item> {
  try {
    yield* source();
  } catch (error) {
    throw asCommandFault(error);
  }
}

function clientOf(flags: AdminFlags): AdminClient {
  return new AdminClient(flags.admin, process.env['SLUICE_ADMIN_TOKEN'] ?? null);
}
