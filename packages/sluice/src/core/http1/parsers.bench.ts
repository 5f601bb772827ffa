/** Nanoseconds per head: `node parsers.bench.ts`. A browser's request (293 bytes, 7 fields), wrk's (45 bytes), nginx's reply (160 bytes, 5 fields). */
import { performance } from 'node:perf_hooks';
import { RequestParser } from './request-parser.ts';
import { ResponseParser } from './response-parser.ts';

const LIMITS = { requestLineBytesMax: 8192, headerBytesMax: 32768, headersMax: 100 };
const BROWSER = Buffer.from(
  'GET /api/users/12?x=1 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n' +
    'Accept: text/html,application/xhtml+xml\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n' +
    'Connection: keep-alive\r\nCookie: a=b; session=abcdef0123456789\r\n\r\n',
);
const WRK = Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1:18003\r\n\r\n');
const REPLY = Buffer.from(
  'HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Fri, 20 Nov 2026 08:51:25 GMT\r\nContent-Type: text/plain\r\nContent-Length: 64\r\n' +
    'Connection: keep-alive\r\n\r\n',
);

const request = new RequestParser(LIMITS);
const response = new ResponseParser(LIMITS);

function measure(name: string, run: () => number): void {
  const rounds = 200_000;
  let best = Infinity;
  let sum = 0;
  for (let repeat = 0; repeat < 7; repeat++) {
    const start = performance.now();
    for (let round = 0; round < rounds; round++) sum += run();
    best = Math.min(best, ((performance.now() - start) * 1e6) / rounds);
  }
  console.log(`${name}: ${best.toFixed(0)} ns (${sum > 0 ? 'ok' : 'nothing parsed'})`);
}

function parseRequest(bytes: Buffer): number {
  request.begin(LIMITS);
  return request.parse(bytes, 0, bytes.length);
}

measure('browser request', () => parseRequest(BROWSER));
measure('wrk request', () => parseRequest(WRK));
measure('nginx reply', () => {
  response.begin();
  return response.parse(REPLY, 0, REPLY.length, false);
});
