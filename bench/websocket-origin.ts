/** An echo server for WebSocket messages of one size: `node websocket-origin.ts PORT`. Frames are counted, not parsed. */
import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { CLIENT_FRAME, ORIGIN_FRAME } from './websocket-frames.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

function accept(socket: Socket, head: string): void {
  const key = /^sec-websocket-key: (.*)$/im.exec(head)?.[1]?.trim() ?? '';
  const answer = createHash('sha1').update(`${key}${GUID}`).digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${answer}\r\n\r\n`);
}

/** The client sends nothing before its handshake is answered, so that no frame shares a chunk with the head. */
function serve(socket: Socket): void {
  let head = '';
  let pending = -1;
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    if (pending < 0) {
      head += chunk.toString('latin1');
      if (!head.endsWith('\r\n\r\n')) return;
      pending = 0;
      return accept(socket, head);
    }
    pending += chunk.length;
    for (; pending >= CLIENT_FRAME.length; pending -= CLIENT_FRAME.length) socket.write(ORIGIN_FRAME);
  });
}

createServer(serve).listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
