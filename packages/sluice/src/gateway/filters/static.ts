/**
 * Serves the files of a directory (nginx's `root`, `try_files`, `index`, `gzip_static`; Caddy's `file_server`). What has no file goes on to the route's service, or is 404. A small file that was asked for
 * within the last second is sent from memory, in the event that brought the request; others are opened, looked at and read on the thread pool, and sent as the client takes them.
 */
import type { StaticPlan } from '../../config/filters/static-plan.ts';
import type { Fields } from '../../core/caching/http/fields.ts';
import { chooseCoding } from '../../core/compression/accept-encoding.ts';
import { type FilePath, filePath } from '../../core/static/file-path.ts';
import { extension } from '../../core/static/file-type.ts';
import { listingPage } from '../../core/static/listing.ts';
import { LocalReply } from '../exchange/local-reply.ts';
import type { RequestView } from '../exchange/request-view.ts';
import { answerWith, type FileAnswer } from '../static/file-answer.ts';
import { type FileInfo, isSameFile } from '../static/file-info.ts';
import { type FilePart, FileReply } from '../static/file-reply.ts';
import { type FileEntry, FileStore } from '../static/file-store.ts';
import type { OpenFile } from '../static/open-file.ts';
import type { WorkerContext } from '../worker-context.ts';
import { ANSWERED, type FilterModule, type FilterVerdict, PASS, type RequestPass, type Stage } from './filter.ts';

/** A file that changes while it is opened is looked at again, this often. */
const TRIES = 3;
/** What a client without room may be given all the same. */
const COPIED_BYTES_MAX = 64 * 1024;
const NOTHING = { resume: () => {}, stop: () => {} };

class StaticStage implements Stage {
  private readonly plan: StaticPlan;
  private readonly store: FileStore;
  private readonly worker: WorkerContext;

  constructor(plan: StaticPlan, store: FileStore, worker: WorkerContext) {
    this.plan = plan;
    this.store = store;
    this.worker = worker;
  }

  onRequest(pass: RequestPass): FilterVerdict {
    const { method } = pass.view;
    if (method !== 'GET' && method !== 'HEAD')
      return pass.exchange.service !== null ? PASS : pass.answer({ status: 405, fields: 'Allow: GET, HEAD\r\n' });
    const path = filePath(pathOf(pass), this.plan);
    if (path === null) return this.missing(pass);
    if (!path.isDirectory && path.name !== '') {
      const entry = this.store.known(path.name, this.worker.clock.now());
      const file = entry === null || entry.plain === null ? null : fileFor(entry, pass.view);
      if (file !== null && file.content !== null) return this.sendKept(pass, file, file.content);
      if (entry !== null && entry.kind === 'missing' && this.plan.fallback === null) return this.missing(pass);
    }
    return pass.wait(this.find(pass, path));
  }

  private async find(pass: RequestPass, { name, isDirectory }: FilePath): Promise<FilterVerdict> {
    const entry = await this.entry(name);
    if (pass.exchange.isOver) return ANSWERED;
    switch (entry.kind) {
      case 'file':
        return isDirectory ? this.fallBack(pass) : await this.send(pass, name, entry);
      case 'directory':
        return isDirectory ? await this.directory(pass, name) : redirect(pass);
      case 'missing':
        return await this.fallBack(pass);
      case 'denied':
        return pass.answer({ status: 403 });
      case 'busy':
        return busy(pass);
    }
  }

  private async directory(pass: RequestPass, name: string): Promise<FilterVerdict> {
    for (const index of this.plan.index) {
      const file = name === '' ? index : `${name}/${index}`;
      const entry = await this.entry(file);
      if (pass.exchange.isOver) return ANSWERED;
      if (entry.kind === 'file') return await this.send(pass, file, entry);
      if (entry.kind === 'busy') return busy(pass);
    }
    return this.plan.isListed ? await this.list(pass, name) : await this.fallBack(pass);
  }

  private async list(pass: RequestPass, name: string): Promise<FilterVerdict> {
    const listed = await this.store.list(name);
    if (pass.exchange.isOver) return ANSWERED;
    if (typeof listed === 'string') return listed === 'busy' ? busy(pass) : this.missing(pass);
    const body = Buffer.from(listingPage(decodeURI(pathOf(pass)), listed.files, listed.isCut), 'utf8').toString('latin1');
    return pass.answer({ status: 200, fields: 'Content-Type: text/html; charset=utf-8\r\nCache-Control: no-cache\r\n', body });
  }

  private async fallBack(pass: RequestPass): Promise<FilterVerdict> {
    const { fallback } = this.plan;
    if (fallback === null || !isPage(pass)) return this.missing(pass);
    const name = fallback.slice(1);
    const entry = await this.entry(name);
    if (pass.exchange.isOver) return ANSWERED;
    return entry.kind === 'file' ? await this.send(pass, name, entry) : this.missing(pass);
  }

  private missing(pass: RequestPass): FilterVerdict {
    return pass.exchange.service !== null ? PASS : pass.answer({ status: 404 });
  }

  private entry(name: string): FileEntry | Promise<FileEntry> {
    return this.store.known(name, this.worker.clock.now()) ?? this.store.look(name);
  }

  private async send(pass: RequestPass, name: string, entry: FileEntry): Promise<FilterVerdict> {
    let file = fileFor(entry, pass.view);
    for (let tries = 0; file !== null && tries < TRIES; tries++) {
      if (file.content !== null) return this.sendKept(pass, file, file.content);
      const { isHead } = pass.exchange;
      const answer = this.answer(pass, file);
      if (isHead || answer.parts.length === 0) return sendParts(pass, answer, null);
      const opened = await this.store.open(file.name);
      if (typeof opened === 'string') return opened === 'busy' ? busy(pass) : this.missing(pass);
      if (!pass.exchange.isOver && isSameFile(file.state, opened.state)) {
        const reply = new FileReply(pass.exchange, opened, file.state);
        void this.sendFile(reply, opened, answer);
        return ANSWERED;
      }
      await this.store.giveBack(opened);
      if (pass.exchange.isOver) return ANSWERED;
      this.store.forget(name);
      file = fileFor(await this.store.look(name), pass.view);
    }
    return file === null ? this.missing(pass) : busy(pass);
  }

  private async sendFile(reply: FileReply, opened: OpenFile, { head, parts }: FileAnswer): Promise<void> {
    await reply.send(head, parts);
    await this.store.giveBack(opened);
  }

  private sendKept(pass: RequestPass, file: FileInfo, content: Buffer): FilterVerdict {
    const answer = this.answer(pass, file);
    const { exchange } = pass;
    // A socket takes what it is given without a copy; a stream among others copies, and is given no more than it has room for.
    if (!exchange.isHttp2 || content.length <= COPIED_BYTES_MAX || exchange.isHead) return sendParts(pass, answer, content);
    void new FileReply(exchange, content, file.state).send(answer.head, answer.parts);
    return ANSWERED;
  }

  private answer({ view, exchange }: RequestPass, file: FileInfo): FileAnswer {
    exchange.answeredBy = 'static';
    return answerWith(file, hasConditions(view) ? asFields(view) : null, exchange.isHead, this.worker.clock.wall());
  }
}

/** The path that is asked for; a filter may have changed it. */
function pathOf({ target, view }: RequestPass): string {
  if (target === null) return view.path;
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

/** The form of a file that the client takes and we like best. */
function fileFor({ plain, coded, codings }: FileEntry, view: RequestView): FileInfo | null {
  if (coded.length === 0) return plain;
  const coding = chooseCoding(view.header('accept-encoding'), codings);
  return coding === null ? plain : (coded.find((each) => each.coding === coding) ?? plain);
}

/** From memory. */
function sendParts({ exchange }: RequestPass, { head, parts }: FileAnswer, content: Buffer | null): typeof ANSWERED {
  const reply = new LocalReply(exchange, NOTHING);
  if (!reply.start(head)) return ANSWERED;
  if (!exchange.isHead) for (const part of parts) writePart(reply, part, content);
  reply.end();
  return ANSWERED;
}

function writePart(reply: LocalReply, part: FilePart, content: Buffer | null): void {
  if ('bytes' in part) reply.write(part.bytes, 0, part.bytes.length);
  else if (content !== null && part.end > part.start) reply.write(content, part.start, part.end);
}

/** A directory has a slash at its end, or the links in its index would lead elsewhere. */
function redirect(pass: RequestPass): FilterVerdict {
  const { path, query } = pass.view;
  if (path.startsWith('//')) return pass.answer({ status: 404 }); // would name another host
  return pass.answer({ status: 301, fields: `Location: ${path}/${query === null ? '' : `?${query}`}\r\n` });
}

function busy(pass: RequestPass): typeof ANSWERED {
  return pass.answer({ status: 503, fields: 'Retry-After: 1\r\n' });
}

/** A page of an application, and not one of the files it needs. */
function isPage(pass: RequestPass): boolean {
  return extension(pathOf(pass)) === '' || (pass.view.header('accept') ?? '').includes('text/html');
}

function hasConditions(view: RequestView): boolean {
  const { fields } = view.parser;
  const section = view.start + view.parser.fieldsStart;
  for (let at = 0; at < fields.count << 2; at += 4) {
    // `if-…` or `range`: by their first letters, for most requests have none.
    const first = view.bytes[section + fields.offsets[at]!]! | 0x20;
    const second = view.bytes[section + fields.offsets[at]! + 1]! | 0x20;
    if ((first === 0x69 && second === 0x66) || (first === 0x72 && second === 0x61)) return true;
  }
  return false;
}

function asFields(view: RequestView): Fields {
  return { get: (name) => view.header(name) };
}

export const filter: FilterModule<'static'> = {
  create: (options, { shared, worker }) =>
    new StaticStage(
      options,
      shared.get(`static ${JSON.stringify(options)}`, () => new FileStore(options, worker)),
      worker,
    ),
};
