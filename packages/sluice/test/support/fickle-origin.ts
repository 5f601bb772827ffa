/** An origin that does what a request's query asks of it: whole, in pieces, early, cut, reset, or no HTTP at all. What it says whole can be foretold. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const MOODS = ['whole', 'pieces', 'early', 'none', 'missing', 'broken', 'cut', 'reset', 'garbage'] as const;
export type Mood = (typeof MOODS)[number];

/** What a request asks for. */
export interface Wish {
  readonly mood: Mood;
  readonly bytes: number;
  readonly id: number;
}

export function targetOf({ mood, bytes, id }: Wish): string {
  return `/?mood=${mood}&bytes=${bytes}&id=${id}`;
}

/** The content of a reply to a request whose content has this length; -1: it was not looked at. */
export function contentOf({ bytes, id }: Wish, asked: number): string {
  return `${id} ${asked}\n`.padEnd(bytes, 'what it says again and again ');
}

export interface FickleOrigin {
  readonly port: number;
  close(): void;
}

export async function fickleOrigin(): Promise<FickleOrigin> {
  const server = createServer((request, response) => {
    const query = new URL(request.url!, 'http://a').searchParams;
    const wish: Wish = { mood: query.get('mood') as Mood, bytes: Number(query.get('bytes')), id: Number(query.get('id')) };
    request.on('error', () => {});
    if (wish.mood === 'early') return answer(wish, -1, response);
    let asked = 0;
    request.on('data', (part: Buffer) => (asked += part.length));
    request.on('end', () => act(wish, asked, request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function act(wish: Wish, asked: number, { socket }: IncomingMessage, response: ServerResponse): void {
  switch (wish.mood) {
    case 'reset':
      return void socket.resetAndDestroy();
    case 'garbage':
      return void socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n');
    case 'cut':
      response.writeHead(200, { 'content-length': wish.bytes + 10 });
      response.write(contentOf(wish, asked));
      return void setTimeout(() => socket.destroy(), 2);
    case 'none':
      return void response.writeHead(204).end();
    case 'missing':
      return void response.writeHead(404, { 'content-type': 'text/plain' }).end('not here');
    case 'broken':
      return void response.writeHead(503, { 'content-type': 'text/plain' }).end('x'.repeat(wish.bytes));
    case 'pieces':
      response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': wish.id % 2 === 0 ? 'max-age=60' : 'no-store' });
      return sendPieces(response, contentOf(wish, asked), 0);
    default:
      return answer(wish, asked, response);
  }
}

function answer(wish: Wish, asked: number, response: ServerResponse): void {
  const content = contentOf(wish, asked);
  response.writeHead(200, {
    'content-type': 'text/plain',
    'content-length': content.length,
    etag: `"${wish.id}"`,
    'cache-control': 'max-age=60',
  });
  response.end(content);
}

function sendPieces(response: ServerResponse, content: string, at: number): void {
  const end = at + Math.ceil(content.length / 3);
  if (end >= content.length) return void response.end(content.slice(at));
  response.write(content.slice(at, end));
  setTimeout(() => sendPieces(response, content, end), 2);
}
