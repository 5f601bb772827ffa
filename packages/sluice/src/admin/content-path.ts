/** Which bodies are no JSON but bytes of any kind: told from method and path, before anything of the API is loaded. */

/** @param target Path and query. */
export function takesContent(method: string, target: string): boolean {
  return method === 'PUT' && /^\/api\/caches\/[^/?]+\/entries(?:\?|$)/.test(target);
}
