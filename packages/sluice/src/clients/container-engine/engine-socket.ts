/** Where the container engine listens: as configured, else as $DOCKER_HOST says, else where Docker and Podman usually do. Unix sockets only. */
import { existsSync } from 'node:fs';
import { EngineFault } from './engine-fault.ts';

export interface SocketWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly exists: (path: string) => boolean;
}

const SCHEME = /^unix:(\/\/)?(?=\/)/;

/**
 * @param engine `unix:/path`; null: look.
 * @returns The path of the socket.
 * @throws {EngineFault} `setup` for what is no unix socket, `away` where there is none.
 */
export function findEngineSocket(engine: string | null, world: SocketWorld = { environment: process.env, exists: existsSync }): string {
  const { environment, exists } = world;
  if (engine !== null) return pathOf(engine, 'run.container.engine');
  const given = environment['DOCKER_HOST'];
  if (given !== undefined && given !== '') return pathOf(given, '$DOCKER_HOST');
  const usual = usualSockets(environment);
  const found = usual.find((path) => exists(path));
  if (found !== undefined) return found;
  throw new EngineFault(
    'away',
    `there is no container engine: none of ${usual.join(', ')} exists; start Docker or Podman (systemctl start podman.socket), or set run.container.engine`,
  );
}

function usualSockets({ XDG_RUNTIME_DIR: own }: SocketWorld['environment']): string[] {
  const usual = ['/var/run/docker.sock', '/run/podman/podman.sock'];
  return own === undefined || own === '' ? usual : [...usual, `${own}/podman/podman.sock`];
}

function pathOf(text: string, from: string): string {
  if (SCHEME.test(text)) return text.replace(SCHEME, '');
  throw new EngineFault('setup', `${from} is ${JSON.stringify(text)}: only unix sockets are spoken to, such as unix:/run/docker.sock`);
}
