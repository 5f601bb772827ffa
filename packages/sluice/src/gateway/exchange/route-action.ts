/** What a route does itself: redirects, fixed responses; and the rewriting of paths. Templates are compiled at a route's first request. */
import { assert } from '../../base/assert.ts';
import { compileTemplate, type Template, type TemplateKind } from '../../core/routing/template.ts';
import type { Exchange } from './exchange.ts';
import type { RequestView } from './request-view.ts';
import type { RouteParameters, RouteRuntime } from './route-runtime.ts';

/** Answers the exchange when its route is a redirect or a fixed response; false when it is to be forwarded. */
export function answerRoute(exchange: Exchange, route: RouteRuntime, parameters: RouteParameters, view: RequestView): boolean {
  const { action } = route.plan;
  if (action.kind === 'services') return false;
  if (action.kind === 'respond') {
    const fields = action.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('') + route.responseEdits.lines;
    exchange.client.replyOwn(exchange, { status: action.status, fields, body: wireText(action.body) });
    return true;
  }
  const location = expand(route, parameters, view, action.location, 'location');
  if (location === null) exchange.client.replyOwn(exchange, { status: 500 });
  else exchange.client.replyOwn(exchange, { status: action.status, fields: `Location: ${location}\r\n${route.responseEdits.lines}` });
  return true;
}

/** Path and query for the origin; null when the template cannot be filled. */
export function rewrittenTarget(route: RouteRuntime, parameters: RouteParameters, view: RequestView): string | null {
  const path = expand(route, parameters, view, route.plan.rewrite!.path!, 'path');
  return path === null || view.query === null ? path : `${path}?${view.query}`;
}

function expand(
  route: RouteRuntime,
  { params, paramNames, rest }: RouteParameters,
  view: RequestView,
  source: string,
  kind: TemplateKind,
): string | null {
  route.template ??= compile(source, kind, paramNames);
  return route.template.expand({ host: view.host, path: view.path, query: view.query, params, rest });
}

function compile(source: string, kind: TemplateKind, names: readonly string[]): Template {
  const template = compileTemplate(source, kind, names);
  assert(typeof template !== 'string', `a validated template compiles: ${source}`);
  return template;
}

/** The wire carries bytes: text of the configuration as UTF-8, one character per byte. */
function wireText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
