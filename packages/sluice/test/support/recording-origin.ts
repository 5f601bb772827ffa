/**
 * An origin that writes down every byte it gets, and reads requests with a small reader of its own (neither Sluice's nor Node's), so
 * that a test can say what reached it. Answers each request with 200 and a short body that names the request.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface RecordedRequest {
  /** Request line and field lines, without the empty line. */
  readonly head: string;
  readonly requestLine: string;
  /** Names in lower case with their values, in order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface RecordingOrigin {
  readonly port: number;
  readonly requests: RecordedRequest[];
  /** All bytes of each connection, as latin1. */
  readonly connections: string[];
  /** Forgets what was recorded. */
  clear(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts one on a port of its own. */
export async function startRecordingOrigin(): Promise<RecordingOrigin> {
  const requests: RecordedRequest[] = [];
  const connections: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    const index = connections.push('') - 1;
    let pending = '';
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      connections[index] = (connections[index] ?? '') + chunk.toString('latin1');
      pending += chunk.toString('latin1');
      for (let taken = takeRequest(pending); taken !== null; taken = takeRequest(pending)) {
        pending = pending.slice(taken.length);
        requests.push(taken.request);
        const body = `origin saw ${taken.request.requestLine}`;
        const length = taken.request.requestLine.startsWith('HEAD ') ? '' : body;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${length}`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    connections,
    clear: () => void (requests.length = connections.length = 0),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The first whole request of the text and its length; null when it is not all there. */
function takeRequest(text: string): { readonly request: RecordedRequest; readonly length: number } | null {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const head = text.slice(0, headEnd);
  const [requestLine = '', ...lines] = head.split('\r\n');
  const fields = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const body = takeBody(text.slice(headEnd + 4), new Map(fields));
  if (body === null) return null;
  return { request: { head, requestLine, fields, body: body.text }, length: headEnd + 4 + body.length };
}

function takeBody(text: string, fields: ReadonlyMap<string, string>): { readonly text: string; readonly length: number } | null {
  if (fields.get('transfer-encoding')?.toLowerCase() === 'chunked') return takeChunks(text);
  const length = Number(fields.get('content-length') ?? 0);
  return text.length < length ? null : { text: text.slice(0, length), length };
}

function takeChunks(text: string): { readonly text: string; readonly length: number } | null {
  let at = 0;
  let body = '';
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (size === 0) {
      const end = text.startsWith('\r\n', lineEnd + 2) ? lineEnd + 2 : text.indexOf('\r\n\r\n', lineEnd + 2) + 2;
      return end < 2 || text.length < end + 2 ? null : { text: body, length: end + 2 };
    }
    if (Number.isNaN(size) || text.length < lineEnd + 2 + size + 2) return null;
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
}
