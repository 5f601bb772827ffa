/** A client in a lab: opens connections and tells who answered, keeps some open, sends datagrams, and loads a listener with new connections. */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { answerCommands } from './lab-commands.ts';

interface Target {
  readonly host: string;
  readonly port: number;
}

const WAIT_MS = 3_000;
const kept = new Map<string, Socket>();
const senders = new Map<string, DatagramSocket>();
let load: { isRunning: boolean; readonly answers: Record<string, number>; readonly lanes: Promise<void>[] } | null = null;

/** The next line, or the error's code. */
function nextLine(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => end('timeout'), WAIT_MS);
    const onData = (chunk: Buffer): void => end(chunk.toString().trim());
    const onError = (error: NodeJS.ErrnoException): void => end(error.code ?? error.message);
    const onEnd = (): void => end('closed');
    const end = (text: string): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('error', onError).off('close', onEnd);
      socket.on('error', () => {});
      resolve(text);
    };
    socket.on('data', onData).on('error', onError).on('close', onEnd);
  });
}

async function once({ host, port, from }: Target & { from?: string }): Promise<string> {
  const socket = connect({ host, port, ...(from === undefined ? {} : { localAddress: from }) });
  const line = await nextLine(socket);
  socket.destroy();
  return line;
}

function count(answers: Record<string, number>, answer: string): void {
  answers[answer] = (answers[answer] ?? 0) + 1;
}

async function lane(target: Target, current: NonNullable<typeof load>): Promise<void> {
  while (current.isRunning) count(current.answers, await once(target));
}

answerCommands({
  /** So many connections, one after the other. */
  async connect(command: Target & { times: number; from?: string }) {
    const answers: Record<string, number> = {};
    for (let index = 0; index < command.times; index++) count(answers, await once(command));
    return answers;
  },
  async keep({ name, host, port }: Target & { name: string }) {
    const socket = connect({ host, port, noDelay: true });
    kept.set(name, socket);
    return await nextLine(socket);
  },
  /** A line on a connection that was kept: its echo, or how it ended. */
  async say({ name, text }: { name: string; text: string }) {
    const socket = kept.get(name)!;
    if (socket.destroyed) return 'closed';
    const answer = nextLine(socket);
    socket.write(`${text}\n`);
    return await answer;
  },
  close({ name }: { name: string }) {
    kept.get(name)?.destroy();
  },
  /** A datagram, always from the same port for one name. */
  async send({ name, host, port }: Target & { name: string }) {
    let socket = senders.get(name);
    if (socket === undefined) {
      socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
      // Connected: only answers from the address that was asked count, and refusals are told.
      await new Promise<void>((resolve) => socket!.connect(port, host, resolve));
      senders.set(name, socket);
    }
    const answer = new Promise<string>((resolve) => {
      const end = (text: string): void => {
        clearTimeout(timer);
        socket.removeAllListeners('message').removeAllListeners('error');
        socket.on('error', () => {});
        resolve(text);
      };
      const timer = setTimeout(() => end('timeout'), WAIT_MS);
      socket.removeAllListeners('error');
      socket.on('message', (message) => end(message.toString()));
      socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
    });
    socket.send('?');
    return await answer;
  },
  start({ lanes, ...target }: Target & { lanes: number }) {
    const current = { isRunning: true, answers: {}, lanes: [] as Promise<void>[] };
    load = current;
    for (let index = 0; index < lanes; index++) current.lanes.push(lane(target, current));
  },
  loaded: () => load?.answers ?? {},
  async stop() {
    if (load === null) return {};
    load.isRunning = false;
    await Promise.all(load.lanes);
    return load.answers;
  },
});
