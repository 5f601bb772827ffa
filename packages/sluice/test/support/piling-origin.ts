/** An origin whose reply goes on until some of it waits in the gateway's memory for a client that does not read, and then ends at once. */
import type { TestPlane } from './data-plane.ts';
import { Http1Connection } from '../../src/gateway/downstream/http1-connection.ts';
import { HttpListener } from '../../src/gateway/listeners/http-listener.ts';
import { type HostileOrigin, hostileOrigin } from './hostile-origin.ts';

const PIECE = 20_000;

export interface PilingOrigin {
  readonly origin: HostileOrigin;
  /** Content sent. */
  readonly sent: () => number;
  /** Whose client connection to look at. */
  watch(world: TestPlane): void;
}

export async function pilingOrigin(): Promise<PilingOrigin> {
  let world: TestPlane | null = null;
  let sent = 0;
  const isPiled = (): boolean => world !== null && connectionsOf(world).some(({ socket }) => socket.writableLength > 0);
  const origin = await hostileOrigin(async (connection) => {
    await connection.head();
    connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    while (!isPiled() && connection.ending === null) {
      connection.write(`${PIECE.toString(16)}\r\n${'x'.repeat(PIECE)}\r\n`);
      sent += PIECE;
      await connection.sleep(1);
    }
    connection.write('0\r\n\r\n');
  });
  return { origin, sent: () => sent, watch: (given) => void (world = given) };
}

/** The clients' connections of the listener `web`. */
export function connectionsOf(world: TestPlane): Http1Connection[] {
  const listener = world.plane['listeners'].get('web');
  return listener instanceof HttpListener ? listener.connections.all().filter((one) => one instanceof Http1Connection) : [];
}
