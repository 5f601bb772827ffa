/** Uploads of many files to the admin API: a few connections that are kept, each with one file at a time. Failures are one sentence, as everywhere (`client.ts`). */
import type { Agent, ClientRequest } from 'node:http';
import { http, https } from '../io/node-http.ts';
import { AdminError } from './client-error.ts';
import { type AdminTarget, adminTarget } from './client-target.ts';

const TIMEOUT_MS = 60_000;
const ANSWER_BYTES_MAX = 65_536;

/** Bytes, or what gives them anew. */
export type UploadContent = Buffer | (() => NodeJS.ReadableStream);

export class AdminUploads {
  private readonly target: AdminTarget;
  private readonly agent: Agent;
  private readonly token: string | null;

  /** @param address As people write it. @param token null for none. @throws {AdminError} when the address is not one. */
  constructor(address: string, token: string | null, connections: number) {
    this.target = adminTarget(address);
    this.token = token;
    const { Agent } = this.target.tls === null ? http : https();
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Puts one. @throws {AdminError} when it is not taken. */
  async put(path: string, headers: Readonly<Record<string, string>>, content: UploadContent, bytes: number): Promise<void> {
    const { status, text } = await this.send(path, headers, content, bytes, true);
    if (status === 200) return;
    let detail: unknown;
    try {
      detail = (JSON.parse(text) as { detail?: unknown }).detail;
    } catch {
      detail = undefined;
    }
    throw new AdminError(typeof detail === 'string' ? detail : `the upload was answered with ${status}`);
  }

  close(): void {
    this.agent.destroy();
  }

  /** @param isFirst A kept connection that was closed meanwhile is no answer: once more, over another (a PUT may be sent again, RFC 9110 §9.2.2). */
  private send(
    path: string,
    headers: Readonly<Record<string, string>>,
    content: UploadContent,
    bytes: number,
    isFirst: boolean,
  ): Promise<{ status: number; text: string }> {
    const { token, agent } = this;
    const { address, tls } = this.target;
    const target = address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port };
    const all: Record<string, string | number> = { ...headers, 'content-length': bytes };
    if (address.kind === 'unix') all['host'] = 'localhost';
    if (token !== null) all['authorization'] = `Bearer ${token}`;
    return new Promise((resolve, reject) => {
      const request: ClientRequest = (tls === null ? http : https()).request({
        ...target,
        ...tls,
        agent,
        method: 'PUT',
        path,
        headers: all,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const fail = (error: Error): void => {
        if (isFirst && request.reusedSocket) this.send(path, headers, content, bytes, false).then(resolve, reject);
        else reject(new AdminError(`a file could not be sent: ${error.message}`));
      };
      request.once('error', fail);
      request.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => (text = (text + piece).slice(0, ANSWER_BYTES_MAX)));
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.once('error', fail);
      });
      if (Buffer.isBuffer(content)) request.end(content);
      else
        content()
          .once('error', (error: Error) => request.destroy(error))
          .pipe(request);
    });
  }
}
