/** What a fault of the engine means for the start of an instance: whether another try can help, and what to do. */
import { EngineFault } from '../../clients/container-engine/engine-fault.ts';
import { DriverFault } from './runner.ts';

/** Starts that fail inside the engine with a status of 500 and fail again: Docker and Podman pass on the words of runc or crun. */
const HOPELESS: readonly (readonly [words: RegExp, remedy: string])[] = [
  [/rlimit/i, 'the engine may not raise a limit: set run.container.ulimits, such as { nofile: 20000, nproc: 4096 }'],
  [
    /executable file .*not found|no such file or directory|permission denied|exec format error|is a directory/i,
    'check run.container.command',
  ],
  [/network .*not found/i, 'create it, or set run.container.network'],
  [/unable to find user|no matching entries in passwd/i, 'check run.container.user'],
];

export function startFault(service: string, error: unknown): DriverFault {
  if (error instanceof DriverFault) return error;
  if (!(error instanceof EngineFault)) return new DriverFault(`service "${service}": ${(error as Error).message}`, 'later');
  const { kind, message, status } = error;
  if (kind !== 'away') return new DriverFault(`service "${service}": ${message}`, 'never');
  const hopeless = status === null ? undefined : HOPELESS.find(([words]) => words.test(message));
  if (hopeless === undefined) return new DriverFault(`service "${service}": ${message}`, 'later');
  return new DriverFault(`service "${service}": ${message}: ${hopeless[1]}`, 'never');
}
