/** Fields of a request's head as the firewall looks at them, and what is wrong with a request as such. */
import type { Inspection } from './inspection.ts';
import { decodePercent, takeFound } from './percent.ts';
import { IN_HEADER, IN_PATH, IN_QUERY, IN_USER_AGENT } from './rule.ts';
import * as raised from './rules/raised.ts';

/** More ranges in one request than players and downloaders ask for. */
const RANGES_MAX = 16;
const SESSION_NAMES =
  /(?:^|&)(?:phpsessid|jsessionid|asp\.net_sessionid|aspsessionid\w*|connect\.sid|cfid|cftoken|laravel_session|sessionid|session_id)=/i;

/** Path and query. @param path Normalised, with its escapes. */
export function inspectTarget(path: string, query: string | null, inspection: Inspection): void {
  const text = path.includes('%') ? decodePercent(path, 0, path.length, false) : path;
  inspection.noteDecoding(IN_PATH, 'path');
  inspection.text(text, IN_PATH, 'path');
  if (query !== null && query !== '') inspection.parameters(query, IN_QUERY);
}

/** One field. @param name Lower case. @param value Not empty. */
export function inspectField(name: string, value: string, inspection: Inspection): void {
  switch (name) {
    case 'cookie':
      return inspection.cookies(value);
    case 'user-agent':
      return inspection.text(value, IN_USER_AGENT, name);
    case 'referer': {
      const text = decodePercent(value, 0, value.length, true);
      takeFound(); // the address of a page elsewhere may be as odd as it likes
      return inspection.text(text, IN_HEADER, name);
    }
    case 'range':
      if (countOf(value, ',') >= RANGES_MAX) inspection.raise(raised.MANY_RANGES, IN_HEADER, name, value.slice(0, 64));
      return;
    case 'x-original-url': // IIS and frameworks that run behind it take their path from these
    case 'x-rewrite-url':
    case 'proxy': // CGI makes HTTP_PROXY of it
      return inspection.raise(raised.OVERRIDE, IN_HEADER, name, value.slice(0, 64));
    case 'x-http-method-override':
    case 'x-http-method':
    case 'x-method-override':
      inspection.raise(raised.METHOD_OVERRIDE, IN_HEADER, name, value.slice(0, 64));
      break;
  }
  inspection.text(value, IN_HEADER, name);
}

/** A session's id as a parameter that a page elsewhere has made: the session is known to who made the link. @param referer Empty: none. @param host Of the request. */
export function inspectSession(query: string, referer: string, host: string, inspection: Inspection): void {
  if (referer === '' || !SESSION_NAMES.test(query)) return;
  const from = /^https?:\/\/([^/?#:]+)/i.exec(referer)?.[1]?.toLowerCase() ?? '';
  if (from !== host) inspection.raise(raised.SESSION_ID, IN_QUERY, 'session', from.slice(0, 64));
}

function countOf(text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) count++;
  return count;
}
