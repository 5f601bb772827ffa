/** What must hold of `jwt` across its fields: one source of keys per issuer, issuers that differ, keys over a way that nobody can change, a store that exists. */
import type { Path } from '../fault.ts';
import { type RawConfig, rawField, rawList, type Report } from '../raw.ts';
import { checkName } from './references.ts';

const SOURCES = ['jwks', 'publicKey', 'secret'] as const;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Reports faults of one `jwt`. @param path Of its options. */
export function checkJwt(config: RawConfig, options: unknown, path: Path, report: Report): void {
  const seen = new Map<unknown, number>();
  rawList(rawField(options, 'issuers')).forEach((issuer, index) => {
    const at = [...path, 'issuers', index];
    const name = rawField(issuer, 'issuer');
    const earlier = seen.get(name);
    if (typeof name === 'string' && earlier !== undefined)
      report({ path: [...at, 'issuer'], what: `is the same as issuers[${earlier}]`, hint: 'keys of one issuer belong into one entry' });
    else seen.set(name, index);
    checkKeys(issuer, at, report);
  });
  const store = rawField(rawField(options, 'revocation'), 'store');
  if (typeof store === 'string') checkName(config.stores, 'store', store, [...path, 'revocation', 'store'], report);
}

function checkKeys(issuer: unknown, path: Path, report: Report): void {
  const given = SOURCES.filter((source) => rawField(issuer, source) !== undefined);
  if (given.length !== 1) {
    const what = given.length === 0 ? 'has no keys' : `has ${given.join(' and ')}`;
    report({ path, what, hint: 'give one of jwks, publicKey and secret' });
    return;
  }
  checkAlgorithms(issuer, given[0] === 'secret', path, report);
  const jwks = rawField(issuer, 'jwks');
  const url = typeof jwks === 'string' ? jwks : rawField(jwks, 'url');
  if (typeof url !== 'string' || (typeof jwks === 'string' && !/^[a-z]+:\/\//i.test(jwks))) return;
  const problem = urlProblem(url);
  if (problem !== null)
    report({ path: [...path, 'jwks', ...(typeof jwks === 'string' ? [] : ['url'])], what: problem[0], hint: problem[1] });
}

/** A secret takes HS… alone, and other keys never do. */
function checkAlgorithms(issuer: unknown, isSecret: boolean, path: Path, report: Report): void {
  const algorithms = rawField(issuer, 'algorithms');
  (typeof algorithms === 'string' ? [algorithms] : rawList(algorithms)).forEach((each, index) => {
    if (typeof each !== 'string' || !/^(?:HS|RS|PS|ES|Ed)/.test(each) || each.startsWith('HS') === isSecret) return;
    report({
      path: [...path, 'algorithms', index],
      what: `is ${each}, which ${isSecret ? 'no secret is for' : 'only a secret is for'}`,
      hint: isSecret ? 'use HS256, HS384 or HS512' : 'a public key that also counted as a secret would let everybody sign',
    });
  });
}

function urlProblem(given: string): readonly [what: string, hint: string] | null {
  const url = URL.parse(given);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return ['is not a URL', "write 'https://HOST/PATH'"];
  if (url.username !== '' || url.password !== '') return ['has a user or password in it', 'key sets are public: take it out'];
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname))
    return ['is fetched without TLS: whoever is on the way could put in keys of their own', 'use https'];
  return null;
}
