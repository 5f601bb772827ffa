/** What must hold of `forwardAuth` across its fields: a URL that can be asked, and credentials that it is told of. */
import type { Path } from '../fault.ts';
import { rawField, rawList, type Report } from '../raw.ts';

/** Reports faults of one `forwardAuth`. @param path Of its options. */
export function checkForwardAuth(options: unknown, path: Path, report: Report): void {
  const given = rawField(options, 'url');
  if (typeof given !== 'string') return;
  const url = URL.parse(given);
  const at = [...path, 'url'];
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    report({ path: at, what: 'is not a URL', hint: "write 'http://HOST:PORT/PATH'" });
  else if (url.username !== '' || url.password !== '') report({ path: at, what: 'has a user or password in it', hint: 'take it out' });
  const headers = rawField(options, 'requestHeaders');
  const sent = headers === undefined ? null : lowerNames(headers);
  if (sent === null) return;
  const cached = rawField(rawField(options, 'cache'), 'headers');
  for (const name of cached === undefined && rawField(options, 'cache') !== undefined ? ['authorization', 'cookie'] : lowerNames(cached)) {
    if (!sent.includes(name))
      report({
        path: [...path, 'requestHeaders'],
        what: `leaves out ${name}, by which answers are remembered`,
        hint: 'add it, or take it out of cache.headers',
      });
  }
}

function lowerNames(list: unknown): readonly string[] {
  return (typeof list === 'string' ? [list] : rawList(list)).flatMap((each) => (typeof each === 'string' ? [each.toLowerCase()] : []));
}
