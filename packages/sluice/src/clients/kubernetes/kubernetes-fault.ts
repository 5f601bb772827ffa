/** What goes wrong between us and an API server, sorted by what is to be done about it. */

export type KubernetesFaultKind =
  /** The library is not installed, or there is no usable kubeconfig: nothing will change that in this process. */
  | 'setup'
  /** No answer, or one that says "later" (429, 5xx). */
  | 'away'
  /** 401, 403, 400, 422: somebody has to change something. */
  | 'refused'
  /** 404. */
  | 'missing'
  /** 409: written by somebody else in between. */
  | 'conflict'
  /** 410: what we know is too old to go on from. */
  | 'gone';

export class KubernetesFault extends Error {
  readonly kind: KubernetesFaultKind;

  constructor(kind: KubernetesFaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'KubernetesFault';
    this.kind = kind;
  }
}

/** The fault that an answer's status means. */
export function statusFault(status: number, message: string): KubernetesFault {
  return new KubernetesFault(kindOf(status), message);
}

function kindOf(status: number): KubernetesFaultKind {
  switch (status) {
    case 404:
      return 'missing';
    case 409:
      return 'conflict';
    case 410:
      return 'gone';
    default:
      return status === 429 || status >= 500 ? 'away' : 'refused';
  }
}
