/** Origins that follow a script in place of HTTP: they truncate, reset, lie about lengths, or speak first. */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One connection as a script sees it. */
export interface OriginConnection {
  readonly socket: Socket;
  /** 0 for the origin's first connection. */
  readonly index: number;
  /** Everything received so far, as latin1. */
  received: string;
  /** Resolves when what was received satisfies it; also when the peer has closed. */
  until(holds: (received: string) => boolean): Promise<void>;
  /** Resolves after the next whole request head. */
  head(): Promise<void>;
  write(text: string): void;
  reset(): void;
  end(): void;
  sleep(ms: number): Promise<void>;
  /** Set when the peer has closed: `fin` or `reset`. */
  ending: 'fin' | 'reset' | null;
}

export type OriginScript = (connection: OriginConnection) => Promise<void> | void;

export interface HostileOrigin {
  readonly port: number;
  readonly connections: OriginConnection[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts an origin. Text is what it answers to the first request of each connection, before it sends FIN. */
export async function hostileOrigin(script: string | OriginScript): Promise<HostileOrigin> {
  const run: OriginScript = typeof script === 'string' ? replyAndEnd(script) : script;
  const connections: OriginConnection[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const connection = describe(socket, connections.length);
    connections.push(connection);
    void Promise.resolve(run(connection)).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    async [Symbol.asyncDispose]() {
      for (const { socket } of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function replyAndEnd(text: string): OriginScript {
  return async (connection) => {
    await connection.head();
    connection.write(text);
    connection.end();
  };
}

function describe(socket: Socket, index: number): OriginConnection {
  let heads = 0;
  const waiting = new Set<() => void>();
  const look = (): void => waiting.forEach((each) => each());
  const connection: OriginConnection = {
    socket,
    index,
    received: '',
    ending: null,
    until: (holds) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!holds(connection.received) && connection.ending === null) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    head() {
      const wanted = ++heads;
      return connection.until((received) => received.split('\r\n\r\n').length > wanted);
    },
    write: (text) => void (socket.writable && socket.write(Buffer.from(text, 'latin1'))),
    reset: () => socket.resetAndDestroy(),
    end: () => void socket.end(),
    sleep: (ms) => sleep(ms),
  };
  socket.on('data', (chunk: Buffer) => {
    connection.received += chunk.toString('latin1');
    look();
  });
  socket.on('end', () => {
    connection.ending ??= 'fin';
    look();
  });
  socket.on('error', () => {
    connection.ending = 'reset';
    look();
  });
  socket.on('close', () => {
    connection.ending ??= 'reset';
    look();
  });
  return connection;
}
