/**
 * Under which key a request's reply lies: `scheme://host/path?query`, keyed headers and cookies (`core/caching/http/request-key.ts`), and whose reply it is: two services behind one host, told
 * apart by conditions that are not in the URL, share nothing. Path and query are those that the service sees, normalised: what it takes for another resource is another key, and nothing else is.
 *
 * The host is what the client asked for, port included, since that is what the service is told and may put into a redirect. A trusted proxy's word of host and scheme is in the key where it is
 * passed on.
 */
import { hashString } from '../../base/hash.ts';
import type { Fields } from '../../core/caching/http/fields.ts';
import type { TargetUri } from '../../core/caching/http/invalidation.ts';
import type { RequestPass } from '../filters/filter.ts';
import type { ExchangeService } from '../exchange/exchange.ts';
import type { RequestView } from '../exchange/request-view.ts';
import type { CacheRules } from './cache-rules.ts';

/** In place of the host where it is not in the key. */
const ANY_HOST = '*';
/** Of the text of a URL that stands in a tag; the rest is hashed. */
const TAG_TEXT_MAX = 200;

/** What a service may build a URL from, where a proxy that we trust says it. */
const TRUSTED_CLAIMS = ['x-forwarded-host', 'x-forwarded-proto', 'x-forwarded-port'];

/** The parts of a URL, one object for all: `KeyRule` does not keep it. */
class KeyUri implements TargetUri {
  scheme = '';
  host = '';
  path = '';
  query: string | null = null;

  get authority(): string {
    return this.host;
  }
}

export class CacheKeys {
  private readonly rules: CacheRules;
  private readonly routeName: string;
  private readonly uri = new KeyUri();
  private lastAsked = '';
  private isLastTls = false;
  private lastHost = '';
  private lastService: ExchangeService | null = null;
  private lastOwner = '';

  constructor(rules: CacheRules, routeName: string) {
    this.rules = rules;
    this.routeName = routeName;
    this.lastOwner = `\n@ ${routeName}`;
  }

  /** The key of a request. */
  of(pass: RequestPass, fields: Fields): string {
    const { uri } = this;
    this.read(pass);
    return this.rules.key.key(uri, fields) + this.ownerOf(pass.exchange.service) + this.claimsOf(pass);
  }

  /** What a trusted proxy says a URL is built from, as it stands in keys. */
  claimsOf({ requester, view }: RequestPass): string {
    return requester.identity.isTrusted ? claims(view) : '';
  }

  /** The URL of a request, for what it makes invalid. */
  uriOf(pass: RequestPass): TargetUri {
    this.read(pass);
    const { scheme, host, path, query } = this.uri;
    return { scheme, authority: host, path, query };
  }

  /** The key of another URL of the same service, as this request would have it. @param claims From `claimsOf`. */
  keyOf(target: TargetUri, service: ExchangeService | null, fields: Fields, claims: string): string {
    return this.rules.key.key({ ...target, host: target.authority }, fields) + this.ownerOf(service) + claims;
  }

  /** A tag for everything that lies under a URL, whatever else is in its keys. */
  tagOf(target: TargetUri, service: ExchangeService | null): string {
    const text = `${target.scheme}://${target.authority}${target.path}?${target.query ?? ''}${this.ownerOf(service)}`;
    return `uri ${hashString(text).toString(36)} ${text.slice(0, TAG_TEXT_MAX).replaceAll('\n', ' ')}`; // heads keep tags by lines
  }

  private read(pass: RequestPass): void {
    const { uri, rules } = this;
    uri.scheme = pass.scheme;
    uri.host = rules.plan.key.host ? this.hostOf(pass) : ANY_HOST;
    const { target } = pass;
    if (target === null) {
      uri.path = pass.view.path;
      uri.query = pass.view.query;
      return;
    }
    const question = target.indexOf('?');
    uri.path = question < 0 ? target : target.slice(0, question);
    uri.query = question < 0 ? null : target.slice(question + 1);
  }

  /** In lower case, with its port where that is not the scheme's own. A connection rarely asks for another. */
  private hostOf(pass: RequestPass): string {
    const { askedHost } = pass;
    if (askedHost === this.lastAsked && pass.isTls === this.isLastTls) return this.lastHost;
    const colon = askedHost.lastIndexOf(':');
    const port = colon > askedHost.lastIndexOf(']') ? askedHost.slice(colon) : '';
    this.lastAsked = askedHost;
    this.isLastTls = pass.isTls;
    this.lastHost = port === '' || port === (pass.isTls ? ':443' : ':80') ? pass.view.host : pass.view.host + port;
    return this.lastHost;
  }

  private ownerOf(service: ExchangeService | null): string {
    if (service !== this.lastService) {
      this.lastService = service;
      this.lastOwner = service === null ? `\n@ ${this.routeName}` : `\n@${service.plan.name}`;
    }
    return this.lastOwner;
  }
}

function claims(view: RequestView): string {
  let text = '';
  for (const name of TRUSTED_CLAIMS) {
    const value = view.header(name);
    if (value !== null) text += `\n${name}=${value}`;
  }
  return text;
}
