/** The program: `PORT TARGET`, where the target is a port or the path of a unix socket. */
import { Agent, createServer } from 'node:http';
import { createProxyServer } from 'http-proxy-3';

const [port = '0', target = '0'] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });
const where = target.startsWith('/') ? { socketPath: target, host: 'localhost', port: 80 } : { host: '127.0.0.1', port: Number(target) };
const proxy = createProxyServer({ target: where as never, agent, xfwd: true });
proxy.on('error', (_error, _request, response) => {
  if ('writeHead' in response) response.writeHead(502).end();
  else response.destroy();
});
createServer({ keepAliveTimeout: 300_000 }, (request, response) => proxy.web(request, response)).listen(Number(port), '127.0.0.1', 4096);
