/** Where a request has its token: `Authorization: Bearer`, or a cookie or query parameter where those count (RFC 6750 §2). And how it is taken out before the service sees it. */
import { readCookie } from '../../core/affinity/cookie-header.ts';
import { isBearer } from '../../core/jwt/token-text.ts';
import { parameterIn, type RequestView } from '../exchange/request-view.ts';
import type { RequestPass } from '../filters/filter.ts';

export type TokenPlace = 'header' | 'cookie' | 'query';

export interface FoundToken {
  readonly place: TokenPlace;
  readonly token: string;
}

/** The token that is not in the header; null: none. `both`: more than one is there, and who knows which counts (RFC 6750 §2). */
export function tokenElsewhere(view: RequestView, cookie: string | null, query: string | null): FoundToken | 'both' | null {
  const inCookie = cookie === null ? null : readCookie(view.header('cookie') ?? '', cookie);
  const inQuery = query === null || view.query === null ? null : parameterIn(view.query, query);
  if (inCookie !== null && inQuery !== null) return 'both';
  if (inCookie !== null) return { place: 'cookie', token: inCookie };
  return inQuery === null ? null : { place: 'query', token: inQuery };
}

/** The field, where it has a bearer token. */
export function bearerField(view: RequestView): string | null {
  const field = view.header('authorization');
  return field !== null && isBearer(field) ? field : null;
}

/** Takes the token out of what goes to the service. @param name Of the cookie or parameter. */
export function stripToken(pass: RequestPass, place: TokenPlace, name: string): void {
  if (place === 'header') return pass.removeHeader('authorization');
  if (place === 'query') {
    pass.target = withoutParameter(pass.target ?? pass.view.target, name);
    return;
  }
  const rest = withoutPairs(pass.view.header('cookie') ?? '', ';', name);
  if (rest === '') pass.removeHeader('cookie');
  else pass.setHeader('Cookie', rest);
}

function withoutParameter(target: string, name: string): string {
  const mark = target.indexOf('?');
  if (mark < 0) return target;
  const rest = withoutPairs(target.slice(mark + 1), '&', name);
  return rest === '' ? target.slice(0, mark) : `${target.slice(0, mark)}?${rest}`;
}

function withoutPairs(text: string, separator: string, name: string): string {
  const joint = separator === ';' ? '; ' : separator;
  return text
    .split(separator)
    .map((pair) => pair.trim())
    .filter((pair) => pair.slice(0, Math.max(0, pair.indexOf('='))).trim() !== name)
    .join(joint);
}
