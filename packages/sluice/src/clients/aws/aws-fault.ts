/** What goes wrong between us and AWS, sorted by what is to be done about it. Nothing of a request is kept: it may be signed. */

export class AwsFault extends Error {
  /** `setup`: a package is missing. `away`: no answer, throttled, or an error of theirs. `refused`: somebody has to change something. `bound`: outside the group's MinSize or MaxSize. */
  readonly kind: 'setup' | 'away' | 'refused' | 'bound';
  /** They ask for fewer requests. */
  readonly isThrottled: boolean;

  constructor(kind: AwsFault['kind'], message: string, options: ErrorOptions & { readonly isThrottled?: boolean } = {}) {
    super(message, options);
    this.name = 'AwsFault';
    this.kind = kind;
    this.isThrottled = options.isThrottled ?? false;
  }
}

/** The parts of an SDK error that are read. */
interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Names of EC2 and Auto Scaling for "too many" (AWS General Reference, "Common errors"; EC2 API Reference). */
const THROTTLED = new Set(['Throttling', 'ThrottlingException', 'RequestLimitExceeded', 'TooManyRequestsException', 'RequestThrottled']);
/** A call that cannot be made while another one works on the group. */
const LATER = new Set(['ScalingActivityInProgress', 'ScalingActivityInProgressFault', 'ResourceContention', 'ResourceContentionFault']);

export function awsFault(error: unknown): AwsFault {
  if (error instanceof AwsFault) return error;
  const { name = 'Error', message = '', code, $metadata } = error as SdkError;
  const status = $metadata?.httpStatusCode;
  const text = `${name}: ${(message || code || 'no message').slice(0, 300)}`;
  if (THROTTLED.has(name)) return new AwsFault('away', text, { cause: error, isThrottled: true });
  if (name === 'CredentialsProviderError') return new AwsFault('refused', `no AWS credentials: ${message.slice(0, 200)}`, { cause: error });
  if (status === undefined || status >= 500 || LATER.has(name))
    return new AwsFault('away', `AWS cannot be used: ${text}`, { cause: error });
  if (/MaxSize|MinSize|min(imum)? size|max(imum)? size|size constraint/i.test(message))
    return new AwsFault('bound', text, { cause: error });
  return new AwsFault('refused', text, { cause: error });
}
