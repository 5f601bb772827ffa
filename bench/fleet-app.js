// The program whose instances the fleet rows run: node:http and nothing else. Plain JavaScript, so that its start holds no type stripper.
import { createServer } from 'node:http';

const { PORT, HOST, SLUICE_KEEP_ALIVE_MS = '5000', SLUICE_VERSION = 'none' } = process.env;
const body = 'x'.repeat(64);
const server = createServer({ keepAliveTimeout: Number(SLUICE_KEEP_ALIVE_MS) }, (request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length, 'x-version': SLUICE_VERSION });
  response.end(body);
});
server.listen(HOST === undefined ? { path: PORT } : { port: Number(PORT), host: HOST });
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
