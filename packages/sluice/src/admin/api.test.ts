import { deepEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { API } from './api.ts';

test('docs/reference/admin-api.md lists exactly the requests of the code', () => {
  const page = readFileSync(new URL('../../../../docs/reference/admin-api.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `((?:GET|POST|PUT) \S+)` \|/gm)].map((match) => match[1]!);
  deepEqual(
    documented,
    API.map(({ method, path }) => `${method} ${path}`),
  );
});
