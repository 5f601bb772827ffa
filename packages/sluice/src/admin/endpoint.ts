/** What a path of the admin API is: how it is asked, what it says about itself (`openapi.ts` makes the OpenAPI document of that), and who answers. */
import type { AdminBackend } from './backend.ts';
import type { AdminReply } from './problem.ts';

/** What of a request an answer depends on. */
export interface ApiCall {
  /** Values of the upper-case segments, decoded. */
  readonly parameters: readonly string[];
  readonly query: URLSearchParams;
  /** '' without one. */
  readonly body: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body as it comes, where the endpoint takes it so; else null. */
  readonly content: AsyncIterable<Uint8Array> | null;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

export type Answer = (backend: AdminBackend, call: ApiCall) => AdminReply | Promise<AdminReply>;

/** A part of a JSON Schema 2020-12, as OpenAPI 3.1 takes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Segments; upper-case ones are parameters. */
  readonly path: string;
  /** One sentence. */
  readonly summary: string;
  /** Query parameters and what they mean. */
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: JsonSchema;
  /** The body is no JSON but bytes of any kind, as many as its answerer takes. */
  readonly takesContent?: true;
  /** What a 200 says. */
  readonly answers: string;
  /** It lets Sluice run something: over loopback without a token, only the user that Sluice runs as, and root, may ask. */
  readonly isForOwner?: true;
  /** Media type of a 200. Default: `application/json`. */
  readonly type?: string;
  readonly handle: Answer;
}
