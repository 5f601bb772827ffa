/** A gRPC service of the four shapes and its clients, by @grpc/grpc-js. Messages are bytes as they are: the gateway does not look into them either. */
import {
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type ServiceError,
  type sendUnaryData,
} from '@grpc/grpc-js';
import type { TestContext } from 'node:test';
import { type PlaneConfig, startPlane, type TestPlane } from './data-plane.ts';

export { Metadata, type ServiceError };

const same = (bytes: Buffer): Buffer => bytes;

function shape(name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/test.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

const DEFINITION = {
  unary: shape('Unary', false, false),
  upload: shape('Upload', true, false),
  download: shape('Download', false, true),
  chat: shape('Chat', true, true),
} satisfies ServiceDefinition;

/** What the service does; what is left out echoes. */
export interface EchoHandlers {
  unary?(call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>): void;
  upload?(call: ServerReadableStream<Buffer, Buffer>, reply: sendUnaryData<Buffer>): void;
  download?(call: ServerWritableStream<Buffer, Buffer>): void;
  chat?(call: ServerDuplexStream<Buffer, Buffer>): void;
}

const ECHO: Required<EchoHandlers> = {
  unary: (call, reply) => reply(null, call.request),
  upload(call, reply) {
    let bytes = 0;
    call.on('data', (message: Buffer) => (bytes += message.length));
    call.on('end', () => reply(null, Buffer.from(String(bytes))));
    call.on('error', () => {});
  },
  download(call) {
    const count = Number(call.request.toString());
    for (let index = 0; index < count; index++) call.write(Buffer.from(String(index)));
    call.end();
  },
  chat(call) {
    call.on('data', (message: Buffer) => call.write(message));
    call.on('end', () => call.end());
    call.on('error', () => {});
  },
};

/** A service on a port of its own, or on `port`; stopped when the test ends. */
export async function grpcServer(
  context: Pick<TestContext, 'after'>,
  handlers: EchoHandlers = {},
  port = 0,
  secret: ServerCredentials = ServerCredentials.createInsecure(),
): Promise<{ port: number; server: Server }> {
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  server.addService(DEFINITION, { ...ECHO, ...handlers });
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, secret, (error, given) => (error === null ? resolve(given) : reject(error))),
  );
  context.after(() => server.forceShutdown());
  return { port: bound, server };
}

/** A client with a connection of its own. @param port Or a target as gRPC names it. */
export function grpcClient(context: Pick<TestContext, 'after'>, port: number | string, options: object = {}): EchoClient {
  const client = new EchoClient(port, options);
  context.after(() => client.close());
  return client;
}

/** How a unary call ended. */
export interface UnaryResult {
  readonly code: number;
  readonly details: string;
  readonly message: Buffer | null;
  readonly head: Metadata | null;
  readonly trailers: Metadata;
}

export class EchoClient extends Client {
  constructor(port: number | string, options: object = {}, secret: ChannelCredentials = credentials.createInsecure()) {
    // No retries of its own, which would hide the gateway's; a pool of its own, so that each client has its connection.
    super(typeof port === 'string' ? port : `127.0.0.1:${port}`, secret, {
      'grpc.enable_retries': 0,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_receive_message_length': -1,
      ...options,
    });
  }

  unary(message: Buffer | string, metadata = new Metadata(), options: { deadline?: number; path?: string } = {}): Promise<UnaryResult> {
    const { path = DEFINITION.unary.path, ...rest } = options;
    return new Promise((resolve) => {
      let head: Metadata | null = null;
      let result: { error: ServiceError | null; value: Buffer | undefined } | null = null;
      const call = this.makeUnaryRequest(
        path,
        same,
        same,
        Buffer.from(message),
        metadata,
        rest,
        (error, value) => (result = { error, value }),
      );
      call.on('metadata', (given: Metadata) => (head = given));
      call.on('status', ({ code, details, metadata: trailers }) =>
        setImmediate(() => resolve({ code, details, message: result?.value ?? null, head, trailers })),
      );
    });
  }

  upload(metadata = new Metadata(), callback: (error: ServiceError | null, value?: Buffer) => void = () => {}) {
    return this.makeClientStreamRequest(DEFINITION.upload.path, same, same, metadata, callback);
  }

  download(message: Buffer | string, metadata = new Metadata()) {
    return this.makeServerStreamRequest(DEFINITION.download.path, same, same, Buffer.from(message), metadata);
  }

  chat(metadata = new Metadata(), options: { deadline?: number } = {}) {
    return this.makeBidiStreamRequest(DEFINITION.chat.path, same, same, metadata, options);
  }
}

interface World {
  readonly plane: TestPlane;
  readonly client: EchoClient;
}

/** A client, the gateway, and a service at each of these handlers. @param service Settings of the service. */
export async function grpcWorld(
  context: TestContext,
  handlers: readonly EchoHandlers[] = [{}],
  service: object = {},
  more: Partial<PlaneConfig> = {},
): Promise<World> {
  const servers = await Promise.all(handlers.map((each) => grpcServer(context, each)));
  const endpoints = servers.map(({ port }) => `127.0.0.1:${port}`);
  const plane = await startPlane({
    services: { echo: { endpoints, protocol: 'http2', balance: 'round-robin', outlier: false, retry: false, ...service } },
    routes: [{ grpc: 'test.Echo/*', to: 'echo' }],
    ...more,
  });
  plane.plane.table.retryTokens[0] = 1 << 28; // no control plane fills the budget here
  context.after(() => plane[Symbol.asyncDispose]());
  return { plane, client: grpcClient(context, plane.port) };
}
