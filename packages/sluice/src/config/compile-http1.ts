/** Compiles the bounds on HTTP/1.1 heads, which both sides have. */
import type { Http1Limits } from './plan.ts';
import type { ValidConfig } from './schema/config.ts';

/** Limits of one side's message heads. */
export function compileHttp1(limits: ValidConfig['listeners'][string]['limits']): Http1Limits {
  return {
    requestLineBytesMax: limits.requestLine,
    headerBytesMax: limits.headers,
    headersMax: limits.headersMax,
    trailerBytesMax: limits.trailers,
    chunkExtensionBytesMax: limits.chunkExtensions,
  };
}
