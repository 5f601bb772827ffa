/** What goes wrong between us and a container engine, sorted by what is to be done about it. Nothing of a request is kept: its environment may hold secrets. */

export type EngineFaultKind =
  /** The library is not installed, or what was configured is no socket: nothing will change that in this process. */
  | 'setup'
  /** No answer, or one that says that something failed inside the engine (5xx). */
  | 'away'
  /** 404: no such container, image or network. */
  | 'missing'
  /** 409: the name is taken, or the container is in another state. */
  | 'conflict'
  /** Any other 4xx, and a socket that we may not open: somebody has to change something. */
  | 'refused';

export class EngineFault extends Error {
  readonly kind: EngineFaultKind;
  /** Null: there was no answer. */
  readonly status: number | null;

  constructor(kind: EngineFaultKind, message: string, status: number | null = null) {
    super(message);
    this.name = 'EngineFault';
    this.kind = kind;
    this.status = status;
  }
}

/** The parts of an error of dockerode, or of Node, that are read. */
interface ClientError {
  readonly code?: string;
  readonly statusCode?: number;
  readonly json?: { readonly message?: unknown; readonly cause?: unknown } | Buffer | null;
  readonly message?: string;
}

const MESSAGE_LENGTH_MAX = 500;

/** @param socket For the message. */
export function engineFault(error: unknown, socket: string): EngineFault {
  if (error instanceof EngineFault) return error;
  const { code, statusCode, message } = error as ClientError;
  if (statusCode !== undefined) return new EngineFault(kindOf(statusCode), engineWords(error as ClientError), statusCode);
  if (code === 'EACCES' || code === 'EPERM')
    return new EngineFault('refused', `the container engine's socket ${socket} may not be opened by this user: run Sluice as one who may`);
  return new EngineFault('away', `the container engine at ${socket} cannot be reached: ${code ?? message ?? 'no answer'}`);
}

function kindOf(status: number): EngineFaultKind {
  switch (status) {
    case 404:
      return 'missing';
    case 409:
      return 'conflict';
    default:
      return status === 429 || status >= 500 ? 'away' : 'refused';
  }
}

/** What the engine said. Podman's `cause` is part of its `message`. */
function engineWords({ json, message }: ClientError): string {
  const said = json !== null && json !== undefined && 'message' in json ? json.message : undefined;
  // Of a stream the library keeps the words only in its own message.
  const text = typeof said === 'string' ? said : (message ?? 'no message').replace(/^\(HTTP code \d+\) .*? - /, '');
  return text.trim().slice(0, MESSAGE_LENGTH_MAX);
}
