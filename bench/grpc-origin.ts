/**
 * A gRPC server for unary calls: `node grpc-origin.ts PORT`. Reads the whole request and answers with one message of 64 bytes and
 * `grpc-status: 0` in the trailers. No protobuf: the proxies do not look into messages.
 */
import { createServer, type ServerHttp2Stream } from 'node:http2';

const reply = Buffer.alloc(5 + 64);
reply[4] = 64;

const server = createServer({ settings: { maxConcurrentStreams: 1000 } });
server.on('stream', (stream: ServerHttp2Stream) => {
  stream.on('error', () => {});
  stream.resume();
  stream.on('end', () => {
    if (stream.destroyed) return;
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.destroyed || stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(reply);
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
