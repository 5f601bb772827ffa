/** `node grpc-server.main.ts [PORT]` (else $PORT): the echo service as a process, each answer after 5 ms; SIGTERM finishes what is under way. */
import { grpcServer } from './grpc.ts';

const { server } = await grpcServer(
  { after: () => {} },
  { unary: (call, reply) => void setTimeout(() => reply(null, call.request), 5) },
  Number(process.argv[2] ?? process.env['PORT']),
);
process.on('SIGTERM', () => server.tryShutdown(() => process.exit(0)));
