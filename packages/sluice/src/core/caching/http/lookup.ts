/**
 * Whether a request has to do with the cache at all (RFC 9111 §3, §4.3.2): before a key is made. A request with content is never
 * answered from storage nor stored, whatever its method: its content is not part of the key (cache poisoning by "fat GET").
 */
import { isForOrigin } from './conditional.ts';
import type { Fields } from './fields.ts';

/** Why a request goes by the cache, in the words of RFC 9211 §2.2; null when it is looked up. */
export type BypassReason = 'method' | 'bypass' | null;

/**
 * Judges a request by its head.
 * @param hasContent It announced content, of any length but 0.
 */
export function bypassReason(method: string, hasContent: boolean, request: Fields): BypassReason {
  if (method !== 'GET' && method !== 'HEAD') return 'method';
  return hasContent || isForOrigin(request) ? 'bypass' : null;
}
