/**
 * What the shop's services have in common: answer JSON, say who answered and how loaded one is, be well at /healthz, and finish what is
 * under way on SIGTERM. No state: any instance can answer any request.
 */
import { createServer } from 'node:http';
import { loadReporter } from '@sluice/kit';

/** Answers a path below the service's own, or null for 404; later where it has to look something up. */
export type Answer = (path: string) => unknown;

/** Serves on PORT and HOST until SIGTERM. */
export function serve(service: string, answer: Answer): void {
  const { SLUICE_INSTANCE: name = service, SLUICE_VERSION: version = 'v1', PORT = '0', HOST = '127.0.0.1' } = process.env;
  const reporter = loadReporter();
  const prefix = `/api/${service}`;
  const answerTo = (path: string): unknown => {
    if (path === '/healthz') return { ok: true };
    return path.startsWith(prefix) ? answer(path.slice(prefix.length)) : null;
  };
  const server = createServer(
    reporter.wrap((request, response) => {
      void Promise.resolve(answerTo(request.url ?? '/')).then((body) => {
        response.writeHead(body === null ? 404 : 200, { 'content-type': 'application/json', 'x-served-by': name, 'x-version': version });
        response.end(`${JSON.stringify(body ?? { error: 'not found' })}\n`);
      });
    }),
  );
  server.listen(Number(PORT), HOST, () => console.log(`${name} (${version}) listens`));
  process.on('SIGTERM', () => {
    reporter.close();
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
