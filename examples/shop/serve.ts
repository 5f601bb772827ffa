/**
 * What the shop's services have in common: answer JSON, say who answered and how loaded one is, be well at /healthz, and finish what is
 * under way on SIGTERM. No state: any instance can answer any request.
 */
import { createServer } from 'node:http';
import { loadReporter } from '@sluice/kit';

/** Answers a path below the service's own, or null for 404. */
export type Answer = (path: string) => unknown;

/** Serves on PORT and HOST until SIGTERM. */
export function serve(service: string, answer: Answer): void {
  const name = process.env['INSTANCE'] ?? service;
  const reporter = loadReporter();
  const prefix = `/api/${service}`;
  const server = createServer(
    reporter.wrap((request, response) => {
      const path = request.url ?? '/';
      const body = path === '/healthz' ? { ok: true } : path.startsWith(prefix) ? answer(path.slice(prefix.length)) : null;
      response.writeHead(body === null ? 404 : 200, { 'content-type': 'application/json', 'x-served-by': name });
      response.end(`${JSON.stringify(body ?? { error: 'not found' })}\n`);
    }),
  );
  server.listen(Number(process.env['PORT'] ?? 0), process.env['HOST'] ?? '127.0.0.1', () => console.log(`${name} listens`));
  process.on('SIGTERM', () => {
    reporter.close();
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
