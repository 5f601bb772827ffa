/**
 * Who may have had a browser send this request with its user's credentials (BREACH: Gluck, Harris, Prado 2013): an attacker's page can ask for replies in which what it chose and what is secret
 * are compressed together, and read the secret off their lengths. Browsers say where a request comes from (Sec-Fetch-Site); older ones only by Referer. In doubt it is from elsewhere.
 */

/** What is asked of a request's head. */
export interface RequestOrigin {
  readonly secFetchSite: string | null;
  readonly referer: string | null;
  /** As the client asked, without its port, lower case. */
  readonly host: string;
}

export function isCrossSite({ secFetchSite, referer, host }: RequestOrigin): boolean {
  if (secFetchSite !== null) return !/^(?:same-origin|same-site|none)$/.test(secFetchSite.trim().toLowerCase());
  if (referer === null) return true;
  const authority = /^https?:\/\/([^/?#]*)/i.exec(referer)?.[1];
  return authority === undefined || authority.replace(/:\d*$/, '').toLowerCase() !== host;
}
