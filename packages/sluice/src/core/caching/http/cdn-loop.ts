/**
 * CDN-Loop (RFC 8586): each cache on the way to the origin adds what it calls itself, so that a request that comes back is seen. Members are `cdn-id *( OWS ";" OWS parameter )`; whoever cannot read
 * one must still pass it on.
 */

/** So many caches in a row are a loop, whatever they are called. */
const MEMBERS_MAX = 16;
const LENGTH_MAX = 2_048;

/** Whether a request has been here before, or has gone round somewhere. @param value Of all its fields, joined. @param self What we call ourselves. */
export function isLoop(value: string, self: string): boolean {
  if (value.length > LENGTH_MAX) return true;
  const own = self.toLowerCase();
  let members = 0;
  for (let at = 0; at <= value.length;) {
    let end = value.indexOf(',', at);
    if (end < 0) end = value.length;
    if (memberId(value.slice(at, end)) === own) return true;
    if (++members > MEMBERS_MAX) return true;
    at = end + 1;
  }
  return false;
}

/** The field's value as it goes on. @param value What came; null: nothing. */
export function withMember(value: string | null, self: string): string {
  return value === null || value === '' ? self : `${value}, ${self}`;
}

function memberId(member: string): string {
  const end = member.indexOf(';');
  return (end < 0 ? member : member.slice(0, end)).trim().toLowerCase();
}
