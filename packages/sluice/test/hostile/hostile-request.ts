/** The shape of a row of the corpus of hostile requests, and short ways to write requests. All text is latin1. */
export interface HostileRequest {
  readonly attack: string;
  readonly name: string;
  /** latin1. */
  readonly bytes: string;
  readonly status: number;
}

/** What an attacker wants to reach the origin unseen. */
export const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';

/** A GET with these field lines. */
export function get(...lines: readonly string[]): string {
  return `GET /reached HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}

/** A POST with these field lines and this body. */
export function post(lines: readonly string[], body: string): string {
  return `POST /reached HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
}

/** A POST with this chunked body, as sent. */
export function chunked(body: string): string {
  return post(['Transfer-Encoding: chunked'], body);
}

/** Rows of one class with one status, by name. */
export function rows(attack: string, status: number, entries: Readonly<Record<string, string>>): HostileRequest[] {
  return Object.entries(entries).map(([name, bytes]) => ({ attack, name, bytes, status }));
}

/** An end of a chunked body with a request behind it. */
export const chunkedSmuggle = `0\r\n\r\n${SMUGGLED}`;
