/** Reads a client's TLS hello without answering it, to route by its name: at most 16 KiB, within the listener's time for it. The bytes are kept, to be passed on. */
import type { Socket } from 'node:net';
import type { ClientHello } from '../../core/tls/client-hello.ts';
import { ClientHelloReader } from '../../core/tls/client-hello-reader.ts';
import type { ClientHelloFault } from '../../core/tls/hello-fault.ts';

/** Who waits. `stream.ts` is it. */
export interface HelloOwner {
  /** @param early Everything that was read. */
  onHello(hello: ClientHello, early: readonly Buffer[]): void;
  onNoHello(fault: ClientHelloFault): void;
}

/** Begins to read. The socket is paused when the owner is told. */
export function awaitHello(socket: Socket, owner: HelloOwner): void {
  const reader = new ClientHelloReader();
  const early: Buffer[] = [];
  const onData = (chunk: Buffer): void => {
    early.push(chunk);
    const reading = reader.feed(chunk);
    if (reading.kind === 'more') return;
    socket.off('data', onData);
    socket.pause();
    if (reading.kind === 'hello') owner.onHello(reading.hello, early);
    else owner.onNoHello(reading.fault);
  };
  socket.on('data', onData);
  socket.resume();
}
