/** What must hold of filters beyond the form of each: one kind per entry, and names that exist. */
import { FILTER_KINDS } from '../../core/filters/filter-kinds.ts';
import type { Path } from '../fault.ts';
import { type RawConfig, rawField, rawList, rawObject, type Report } from '../raw.ts';
import { checkCache } from './filters-cache.ts';
import { checkCors } from './filters-cors.ts';
import { checkCustom } from './filters-custom.ts';
import { checkErrorPage } from './filters-error-page.ts';
import { checkFault } from './filters-fault.ts';
import { checkFixed } from './filters-fixed.ts';
import { checkMirror } from './filters-mirror.ts';
import { checkName } from './references.ts';
import { checkRedirect } from './filters-redirect.ts';
import { checkRewrite } from './filters-rewrite.ts';
import type { RegexChecker } from './routes.ts';
import { checkApiKey } from './filters-api-key.ts';
import { checkBasic } from './filters-basic.ts';
import { checkForwardAuth } from './filters-forward-auth.ts';
import { checkIp } from './filters-ip.ts';
import { checkJwt } from './filters-jwt.ts';

/** Reports faults of all filters: those of all routes, and of each. */
export function checkFilters(config: RawConfig, checkRegex: RegexChecker, report: Report): void {
  checkList({ config, checkRegex, route: null }, config.filters, ['filters'], report);
  config.routes.forEach((route, index) =>
    checkList({ config, checkRegex, route }, rawField(route, 'filters'), ['routes', index, 'filters'], report),
  );
}

/** Whose filters they are. */
interface Scope {
  readonly config: RawConfig;
  readonly checkRegex: RegexChecker;
  /** Null: of all routes. */
  readonly route: unknown;
}

function checkList(scope: Scope, list: unknown, path: Path, report: Report): void {
  rawList(list).forEach((filter, index) => checkOne(scope, filter, [...path, index], report));
}

function checkOne({ config, checkRegex, route }: Scope, filter: unknown, path: Path, report: Report): void {
  const kinds = Object.keys(rawObject(filter));
  if (typeof filter === 'object' && filter !== null && kinds.length !== 1) {
    const found = kinds.length === 0 ? 'none' : kinds.join(' and ');
    report({ path, what: `must be one filter, but has ${found}`, hint: `filters are: ${FILTER_KINDS.join(', ')}` });
  }
  const named = typeof filter === 'string' ? { [filter]: {} } : filter;
  checkBasic(rawField(named, 'basic'), [...path, 'basic'], report);
  checkApiKey(rawField(named, 'apiKey'), [...path, 'apiKey'], report);
  checkForwardAuth(rawField(named, 'forwardAuth'), [...path, 'forwardAuth'], report);
  checkIp(rawField(named, 'ip'), [...path, 'ip'], report);
  checkJwt(config, rawField(named, 'jwt'), [...path, 'jwt'], report);
  checkCustom(filter, path, report);
  checkCors(rawField(named, 'cors'), [...path, 'cors'], checkRegex, report);
  checkRedirect(rawField(named, 'redirect'), route, [...path, 'redirect'], checkRegex, report);
  checkRewrite(rawField(named, 'rewrite'), [...path, 'rewrite'], checkRegex, report);
  checkMirror(config, rawField(named, 'mirror'), [...path, 'mirror'], report);
  checkErrorPage(config, rawField(named, 'errorPage'), [...path, 'errorPage'], report);
  checkFault(rawField(named, 'fault'), [...path, 'fault'], report);
  checkFixed(rawField(named, 'fixed'), [...path, 'fixed'], report);
  checkCache(config, rawField(named, 'cache'), [...path, 'cache'], report);
  for (const [kind, options] of Object.entries(rawObject(filter))) {
    const store = rawField(rawField(options, 'shared'), 'store');
    if (typeof store === 'string') checkName(config.stores, 'store', store, [...path, kind, 'shared', 'store'], report);
  }
}
