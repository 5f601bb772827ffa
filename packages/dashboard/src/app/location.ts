/** Where in the dashboard one is: the part of the address behind `#`, so that any static file server will do. */

export const PAGES = ['overview', 'service', 'routes', 'cache', 'config', 'logs', 'alerts'] as const;
export type PageName = (typeof PAGES)[number];

export interface Location {
  readonly page: PageName | 'unknown';
  /** Of the service; empty elsewhere. */
  readonly name: string;
  readonly query: URLSearchParams;
}

/** @param hash With or without its `#`. */
export function parseHash(hash: string): Location {
  const text = hash.replace(/^#/, '');
  const mark = text.indexOf('?');
  const path = mark === -1 ? text : text.slice(0, mark);
  const query = new URLSearchParams(mark === -1 ? '' : text.slice(mark + 1));
  const [first = '', second = '', ...more] = path.split('/').filter((part) => part !== '');
  if (first === '') return { page: 'overview', name: '', query };
  if (first === 'services' && second !== '' && more.length === 0) return { page: 'service', name: decode(second), query };
  const page = second === '' ? PAGES.find((known) => known === first && known !== 'service' && known !== 'overview') : undefined;
  return { page: page ?? 'unknown', name: '', query };
}

/** Address of a page: `#/routes`, `#/logs?service=users`. */
export function pageHref(page: Exclude<PageName, 'service'>, query: Readonly<Record<string, string>> = {}): string {
  const search = new URLSearchParams(query).toString();
  return `#/${page === 'overview' ? '' : page}${search === '' ? '' : `?${search}`}`;
}

export function serviceHref(name: string): string {
  return `#/services/${encodeURIComponent(name)}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
