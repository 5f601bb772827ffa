/**
 * Questions to the program that decides: one GET each, on kept connections of Node's own agent. Not on the way of services, on purpose: a question has no body, no retries and no balancing, and
 * must be answered also while the services' limits are reached. Bounds: `concurrency` at a time, eight times as many in line, one deadline for line and answer together, 64 KiB of content.
 */
import type { Agent, ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { http } from '../../io/node-http.ts';
import type { SharedPart } from '../filters/shared-parts.ts';

export interface AuthAnswer {
  readonly status: number;
  /** Names and values in turn, as they came. */
  readonly fields: readonly string[];
  /** Latin1. */
  readonly body: string;
}

export interface AskerOptions {
  readonly url: string;
  readonly timeoutMs: number;
  readonly concurrency: number;
}

const BODY_BYTES_MAX = 64 * 1024;
const HEAD_BYTES_MAX = 64 * 1024;
const LINE_PER_PLACE = 8;
const IDLE_MS = 15_000;

export class Asker implements SharedPart {
  private readonly options: AskerOptions;
  private readonly agent: Agent;
  private readonly open: (url: string, options: object) => ClientRequest;
  private waiting = 0;
  /** Why the last question had no answer; '' before that. */
  failure = '';

  constructor(options: AskerOptions) {
    this.options = options;
    const module = options.url.startsWith('https:') ? process.getBuiltinModule('node:https') : http;
    // FIFO keeps all connections warm, and the server's idle timeout away from the one that is used next.
    this.agent = new module.Agent({ keepAlive: true, maxSockets: options.concurrency, scheduling: 'fifo', timeout: IDLE_MS });
    this.open = (url, given) => module.request(url, given);
  }

  /** Null: no answer, or none that means anything. Never rejects. */
  async ask(headers: OutgoingHttpHeaders): Promise<AuthAnswer | null> {
    if (this.waiting >= this.options.concurrency * (1 + LINE_PER_PLACE)) return this.without(`${this.waiting} questions wait already`);
    this.waiting++;
    try {
      const late = AbortSignal.timeout(this.options.timeoutMs);
      const answer = await this.send(headers, late, true);
      return answer.status >= 500 || answer.status < 200 ? this.without(`status ${answer.status}`) : answer;
    } catch (error) {
      return this.without(error instanceof Error ? error.message : String(error));
    } finally {
      this.waiting--;
    }
  }

  private without(failure: string): null {
    this.failure = failure;
    return null;
  }

  close(): void {
    this.agent.destroy();
  }

  /** @param isFresh Not sent before: a kept connection that was closed meanwhile is no answer, and a GET may be sent again (RFC 9110 §9.2.2). */
  private send(headers: OutgoingHttpHeaders, signal: AbortSignal, isFresh: boolean): Promise<AuthAnswer> {
    return new Promise((resolve, reject) => {
      const request = this.open(this.options.url, { agent: this.agent, headers, signal, maxHeaderSize: HEAD_BYTES_MAX });
      request.once('error', (error) => {
        if (isFresh && request.reusedSocket && !signal.aborted) this.send(headers, signal, false).then(resolve, reject);
        else reject(error);
      });
      request.once('response', (reply) => void collect(reply).then(resolve, reject));
      request.end();
    });
  }
}

async function collect(reply: IncomingMessage): Promise<AuthAnswer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of reply as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > BODY_BYTES_MAX) throw new Error(`answers more than ${BODY_BYTES_MAX} bytes`);
    parts.push(part);
  }
  return { status: reply.statusCode ?? 0, fields: reply.rawHeaders, body: Buffer.concat(parts).toString('latin1') };
}
