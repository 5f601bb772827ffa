/** The Date field (RFC 9110 §6.6.1), formatted once per second. */

let second = -1;
let text = '';

/** IMF-fixdate of a wall-clock reading in milliseconds. */
export function httpDate(wallMs: number): string {
  const now = Math.floor(wallMs / 1000);
  if (now !== second) {
    second = now;
    text = new Date(now * 1000).toUTCString();
  }
  return text;
}
