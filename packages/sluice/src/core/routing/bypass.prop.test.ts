/**
 * Path normalisation bypass: a rule that guards a path must hold however the path is spelled. The origin is modelled as servers are: it
 * takes the path it is given, decodes it once, and resolves what it then finds. Whatever it would serve from below the guarded prefix must
 * have been refused or matched by the guarding route.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { RouteMatcher } from './matcher.ts';
import { normalizePath, type PathOptions } from './path.ts';
import { Router } from './router.ts';

const anyRoute: Omit<RouteMatcher, 'path'> = { listeners: [], priority: 0, hosts: [], methods: [], headers: [], cookies: [], query: [] };
const compileRegex = (source: string) => (text: string) => new RegExp(`^(?:${source})$`).test(text);

/** 0 guards, 1 is open. */
const routers = {
  prefix: routerWith({ kind: 'prefix', path: '/admin' }),
  pattern: routerWith({ kind: 'pattern', pattern: '/:a/secret/*' }),
};

function routerWith(path: RouteMatcher['path']): Router {
  const open: RouteMatcher = { ...anyRoute, path: { kind: 'prefix', path: '' } };
  return new Router([{ ...anyRoute, path }, open], { listener: 'web', compileRegex });
}

interface OriginKind {
  readonly takesBackslash: boolean;
  readonly dropsParameters: boolean;
  readonly mergesSlashes: boolean;
}

/** The segments an origin ends up with. */
function served(path: string, origin: OriginKind): string[] {
  let text = path.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  if (origin.takesBackslash) text = text.replaceAll('\\', '/');
  const kept: string[] = [];
  for (const raw of text.split('/').slice(1)) {
    const segment = origin.dropsParameters && /^\.\.?;/.test(raw) ? raw.split(';')[0]! : raw;
    if (segment === '..') kept.pop();
    else if (segment !== '.' && !(segment === '' && origin.mergesSlashes)) kept.push(segment);
  }
  return kept;
}

const TRICKS = ['/', '/', '//', '..', '.', '%2e', '%2E%2e', '%2f', '%2F', '%5c', '\\', ';x', '..;', '%3b', '%25', '%252e', '%252f', '%00'];
const NAMES = ['admin', 'secret', 'a', '%61dmin', 'adm%69n', 'secre%74', '%41'];
const piece = fc.constantFrom(...TRICKS.concat(NAMES));
const spelled = fc.array(piece, { minLength: 1, maxLength: 9, size: 'max' }).map((parts) => `/${parts.join('')}`);

describe('path normalisation bypass', () => {
  const listeners: readonly (readonly [string, PathOptions, Omit<OriginKind, 'dropsParameters'>])[] = [
    ['by default', { mergeSlashes: false, encodedSlashes: 'reject' }, { takesBackslash: true, mergesSlashes: false }],
    ['with slashes merged', { mergeSlashes: true, encodedSlashes: 'reject' }, { takesBackslash: true, mergesSlashes: true }],
  ];
  for (const [name, options, origin] of listeners) {
    test(`no spelling reaches a guarded path by another route, ${name}`, () => {
      let guarded = 0;
      fc.assert(
        fc.property(spelled, fc.boolean(), (path, dropsParameters) => {
          const canonical = normalizePath(path, options);
          if (canonical === null) return;
          const segments = served(canonical, { ...origin, dropsParameters });
          const request = { method: 'GET', host: 'a', path: canonical, query: null, header: () => null };
          const isAdmin = segments[0] === 'admin';
          const isSecret = segments[0] !== '' && segments[1] === 'secret';
          assert.equal(routers.prefix.match(request), isAdmin ? 0 : 1, `${path} as ${canonical}`);
          assert.equal(routers.pattern.match(request), isSecret ? 0 : 1, `${path} as ${canonical}`);
          if (isAdmin || isSecret) guarded++;
        }),
        { numRuns: 20_000 },
      );
      assert.ok(guarded > 300, `${guarded} paths were guarded`);
    });
  }
});
