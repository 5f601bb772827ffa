/** WebSockets over HTTP/2 (RFC 8441) with Node's own client: an extended CONNECT and the bytes that follow. */
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { within } from './waiting.ts';

const WAIT_MS = 3_000;

export interface ExtendedConnect {
  readonly stream: ClientHttp2Stream;
  /** Of the reply. */
  readonly headers: IncomingHttpHeaders;
  /** Everything received since the head, as one Buffer. */
  received(): Buffer;
  /** Resolves when at least so many bytes have come. */
  until(bytes: number): Promise<Buffer>;
}

/** A session whose server allows extended CONNECT. @param ca Over TLS, trusting this authority. */
export async function openHttp2(port: number, ca: string | null = null): Promise<ClientHttp2Session> {
  const session = ca === null ? connect(`http://127.0.0.1:${port}`) : connect(`https://127.0.0.1:${port}`, { ca });
  session.on('error', () => {});
  const [settings] = (await within(WAIT_MS, 'SETTINGS come', once(session, 'remoteSettings'))) as [{ enableConnectProtocol: boolean }];
  if (!settings.enableConnectProtocol) throw new Error('the server does not allow extended CONNECT');
  return session;
}

/** Asks for a WebSocket; resolves with whatever status comes. */
export async function extendedConnect(
  session: ClientHttp2Session,
  path = '/socket',
  fields: Readonly<Record<string, string>> = {},
): Promise<ExtendedConnect> {
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': path,
    ':authority': 'a.example',
    'sec-websocket-version': '13',
    ...fields,
  });
  const parts: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    parts.push(chunk);
    size += chunk.length;
  });
  stream.on('error', () => {});
  const [headers] = (await within(WAIT_MS, 'the reply comes', once(stream, 'response'))) as [IncomingHttpHeaders];
  const received = (): Buffer => Buffer.concat(parts);
  return {
    stream,
    headers,
    received,
    async until(bytes) {
      while (size < bytes) await within(WAIT_MS, `${bytes} bytes come, ${size} did`, once(stream, 'data'));
      return received();
    },
  };
}
