/** Routes for gRPC to services that do not speak it: it needs HTTP/2 all the way. */
import type { Report } from '../raw.ts';
import type { ValidConfig } from '../schema/config.ts';

/** Warns of them. */
export function warnGrpc(config: ValidConfig, report: Report): void {
  config.routes.forEach(({ grpc, grpcWeb, to }, index) => {
    const key = grpcWeb ? 'grpcWeb' : 'grpc';
    if (!grpcWeb && grpc === undefined) return;
    for (const { service } of to ?? []) {
      const protocol = config.services[service]?.protocol;
      if (protocol === undefined || protocol === 'http2' || (protocol === 'auto' && !grpcWeb)) continue;
      report({
        path: ['routes', index, key],
        what: `needs HTTP/2, and service ${JSON.stringify(service)} has protocol '${protocol}'`,
        hint: "give it protocol: 'http2'",
      });
    }
  });
}
