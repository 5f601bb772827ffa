/** Pages in place of errors: which statuses, HTML or JSON (RFC 9457), and the page with its places filled. Whatever a client had a hand in is escaped. */
import { reasonPhrase } from '../http1/reason-phrase.ts';

/** What stands in the places. */
export interface PageValues {
  readonly status: number;
  readonly requestId: string;
  readonly host: string;
  readonly path: string;
}

const PLACES = /(\{(?:status|reason|requestId|host|path)\})/;

const PLAIN = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{status} {reason}</title></head>
<body style="font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1rem">
<h1 style="font-weight:600">{reason}</h1><p>Error {status}. Request: <code>{requestId}</code></p></body></html>
`;

/** A page, cut at its places. Latin1: one character per byte. */
export class ErrorPage {
  private readonly parts: readonly string[];

  /** @param html Empty: a plain page. */
  constructor(html: string) {
    this.parts = (html === '' ? PLAIN : html).split(PLACES);
  }

  fill(values: PageValues): string {
    let page = '';
    for (const part of this.parts) page += PLACES.test(part) ? escapeHtml(valueOf(part.slice(1, -1), values)) : part;
    return page;
  }
}

/** RFC 9457, with the request's id beside what it defines. */
export function problemJson({ status, requestId }: PageValues): string {
  return `${JSON.stringify({ type: 'about:blank', title: reasonPhrase(status) || `Status ${status}`, status, ...(requestId === '' ? {} : { requestId }) })}\n`;
}

/** A location with its places filled. */
export function fillLocation(location: string, { status, requestId }: PageValues): string {
  return location.replaceAll('{status}', String(status)).replaceAll('{requestId}', encodeURIComponent(requestId));
}

/**
 * Whether a client rather takes JSON than HTML (RFC 9110 §12.5.1): it names JSON, at a weight above HTML's, or equal and earlier.
 * @param accept Null: the client does not say, as programs do that take anything. Then it is HTML, as long as nobody asks.
 */
export function prefersJson(accept: string | null): boolean {
  if (accept === null || !accept.toLowerCase().includes('json')) return false;
  let json = 0;
  let html = 0;
  for (const member of accept.toLowerCase().split(',', 64)) {
    const [type = '', ...parameters] = member.split(';').map((each) => each.trim());
    const written = parameters.find((each) => each.startsWith('q='))?.slice(2) ?? '1';
    const weight = Number(written) >= 0 && Number(written) <= 1 ? Number(written) : 0;
    if (/^application\/(?:[a-z0-9.+-]+\+)?json$/.test(type)) json = Math.max(json, weight);
    else if (type === 'text/html' || type === 'application/xhtml+xml') html = Math.max(html, weight);
  }
  return json > 0 && json >= html && (json > html || accept.toLowerCase().indexOf('json') < accept.toLowerCase().indexOf('html'));
}

function valueOf(name: string, values: PageValues): string {
  switch (name) {
    case 'status':
      return String(values.status);
    case 'reason':
      return reasonPhrase(values.status);
    case 'requestId':
      return values.requestId;
    case 'host':
      return values.host;
    default:
      return values.path;
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9 ._~:/-]/g, (character) => `&#${character.charCodeAt(0)};`);
}
