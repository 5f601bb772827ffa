/** `sluice cache push`: puts the files of a directory into a cache of a running Sluice, to be seen all at once; or shows a version again that was pushed before. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { AdminUploads } from '../admin/uploads.ts';
import { parseDuration } from '../config/quantity.ts';
import { fileType } from '../core/static/file-type.ts';
import { type AdminFlags, adminOption, asCommandFault, callAdmin } from './admin-command.ts';
import { CommandFault, EXIT_USAGE, EXIT_FAILED } from './console.ts';
import { listPushFiles, type PushFile } from './push-files.ts';

interface PushFlags extends AdminFlags {
  readonly prefix: string;
  readonly host: string;
  readonly ttl: number;
  readonly cache: string;
  readonly version?: string;
  readonly immutable: readonly string[];
  readonly activate?: string;
}

/** Files on their way at a time. */
const CONCURRENCY = 8;
/** Larger ones are read twice instead of being held: for their tag, and to be sent. */
const HELD_BYTES_MAX = 1_048_576;
const FAULTS_SHOWN = 10;
const TIMEOUT_MS = 60_000;
const YEAR_SECONDS = 31_536_000;

/** Adds the command. */
export function registerPush(cache: Command): void {
  cache
    .command('push')
    .description(
      'Put the files of a directory into a cache of a running Sluice, shown all at once; routes with `cache: { push: true }` serve them.',
    )
    .argument('[directory]', 'whose files are pushed')
    .option('--prefix <path>', 'path under which they will be', '/')
    .option('--host <host>', 'host for which they are, with its port where that is not 443 or 80; any, if left out', '*')
    .addOption(new Option('--ttl <duration>', 'how long browsers keep them').argParser(readTtl).default(3_600_000, '1h'))
    .option('--immutable <pattern...>', "names whose content never changes, such as '*.[hash].js' written '*.*.js'", [])
    .option('--version <name>', 'what this version is called; the time, if left out')
    .option('--activate <name>', 'show this version again instead, which was pushed before')
    .option('--cache <name>', 'which cache', 'default')
    .addOption(adminOption())
    .action(async (directory: string | undefined, flags: PushFlags) => {
      if ((directory === undefined) === (flags.activate === undefined))
        throw new CommandFault(['give a directory to push, or --activate VERSION'], EXIT_USAGE);
      const line = directory === undefined ? await showAgain(flags, flags.activate!) : await push(flags, directory);
      process.stdout.write(`${line}\n`);
    });
}

function readTtl(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms > YEAR_SECONDS * 1000) throw new InvalidArgumentError("must be a duration such as '1h', at most '365d'");
  return ms;
}

async function push(flags: PushFlags, directory: string): Promise<string> {
  const { files, hidden, faults } = await listPushFiles(directory).catch((error: Error) => {
    throw new CommandFault([`${directory} cannot be read: ${error.message}`], EXIT_USAGE);
  });
  if (faults.length > 0) throw new CommandFault(['nothing was pushed:', ...shown(faults)], EXIT_FAILED);
  if (files.length === 0) throw new CommandFault([`${directory} has no files`], EXIT_USAGE);
  const version = flags.version ?? new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const base = baseUrl(flags);
  const pushes = `/api/caches/${encodeURIComponent(flags.cache)}/pushes`;
  const { id } = (await callAdmin(flags, { method: 'POST', path: pushes, body: { prefix: base, version } })) as { id: string };
  const bytes = await sendAll(flags, files, base, id);
  await callAdmin(flags, { method: 'POST', path: `${pushes}/${id}/activate`, timeoutMs: TIMEOUT_MS });
  const left = hidden === 0 ? '' : `; ${hidden} hidden left out`;
  return `${version}: ${files.length} files, ${bytes} bytes, shown under ${base}${left}`;
}

async function showAgain(flags: PushFlags, version: string): Promise<string> {
  const pushes = `/api/caches/${encodeURIComponent(flags.cache)}/pushes`;
  const known = (await callAdmin(flags, { method: 'GET', path: pushes })) as {
    id: string;
    version: string;
    host: string;
    prefix: string;
  }[];
  const { host, pathname } = new URL(baseUrl(flags));
  const here = known.filter((each) => each.host === host && each.prefix === pathname);
  const found = here.findLast((each) => each.version === version);
  if (found === undefined) {
    const there = here.map((each) => each.version).join(', ');
    throw new CommandFault(
      [`there is no version "${version}" under ${baseUrl(flags)}; there is: ${there === '' ? 'none' : there}`],
      EXIT_FAILED,
    );
  }
  await callAdmin(flags, { method: 'POST', path: `${pushes}/${found.id}/activate`, timeoutMs: TIMEOUT_MS });
  return `${version}: shown under ${baseUrl(flags)}`;
}

/** Ends in `/`. @throws {CommandFault} where prefix or host cannot be used. */
function baseUrl({ prefix, host }: PushFlags): string {
  const path = `/${prefix}/`.replaceAll(/\/{2,}/g, '/');
  const base = `https://${host}${path}`;
  if (URL.canParse(base) && new URL(base).href === base.toLowerCase().replace(path.toLowerCase(), path)) return new URL(base).href;
  throw new CommandFault(
    [`--host "${host}" and --prefix "${prefix}" make no URL: give a name such as example.com, and a path such as /static`],
    EXIT_USAGE,
  );
}

/** @returns Bytes. */
async function sendAll(flags: PushFlags, files: readonly PushFile[], base: string, id: string): Promise<number> {
  const uploads = new AdminUploads(flags.admin, process.env['SLUICE_ADMIN_TOKEN'] ?? null, CONCURRENCY);
  const waiting = files.values();
  const immutable = flags.immutable.map(patternOf);
  const path = `/api/caches/${encodeURIComponent(flags.cache)}/entries`;
  let bytes = 0;
  const work = async (): Promise<void> => {
    for (const file of waiting) {
      const query = new URLSearchParams({ url: `${base}${file.path}`, push: id });
      const { content, tag } = await contentOf(file);
      const headers = headersOf(file, tag, flags.ttl, immutable);
      await uploads.put(`${path}?${query.toString()}`, headers, content, file.bytes).catch((error: unknown) => {
        throw asCommandFault(error);
      });
      bytes += file.bytes;
    }
  };
  try {
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
  } finally {
    uploads.close();
  }
  return bytes;
}

function headersOf(file: PushFile, tag: string, ttlMs: number, immutable: readonly RegExp[]): Record<string, string> {
  const name =
    file.path === '' || file.path.endsWith('/') ? 'index.html' : decodeURIComponent(file.path.slice(file.path.lastIndexOf('/') + 1));
  const isImmutable = immutable.some((pattern) => pattern.test(name));
  return {
    'content-type': fileType(name, {}),
    'cache-control': isImmutable ? `public, max-age=${YEAR_SECONDS}, immutable` : `public, max-age=${Math.floor(ttlMs / 1000)}`,
    etag: `"${tag}"`,
    'last-modified': new Date(file.modifiedMs).toUTCString(),
  };
}

/** The file as it is now: whole, or to be read while it is sent. */
async function contentOf({
  file,
  bytes,
}: PushFile): Promise<{ readonly content: Buffer | (() => NodeJS.ReadableStream); readonly tag: string }> {
  const hash = createHash('sha256');
  if (bytes > HELD_BYTES_MAX) {
    for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) hash.update(piece);
    return { content: () => createReadStream(file, { end: bytes - 1 }), tag: tagOf(hash.digest()) };
  }
  const handle = await open(file);
  try {
    const held = await handle.readFile();
    if (held.length !== bytes) throw new CommandFault([`${file} changes while it is pushed; push again`], EXIT_FAILED);
    return { content: held, tag: tagOf(hash.update(held).digest()) };
  } finally {
    await handle.close();
  }
}

function tagOf(digest: Buffer): string {
  return digest.subarray(0, 16).toString('base64url');
}

/** `*` is any text, `?` one character; all else is itself. */
function patternOf(text: string): RegExp {
  return new RegExp(
    `^${text
      .replaceAll(/[\\^$.+()[\]{}|]/g, String.raw`\$&`)
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    's',
  );
}

function shown(faults: readonly string[]): string[] {
  const more = faults.length - FAULTS_SHOWN;
  return more > 0 ? [...faults.slice(0, FAULTS_SHOWN), `and ${more} more`] : [...faults];
}
