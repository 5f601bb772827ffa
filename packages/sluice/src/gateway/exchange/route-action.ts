/** What a route does itself: redirects, fixed responses; and the rewriting of paths. Templates are compiled at a route's first request. */
import { assert } from '../../base/assert.ts';
import { compileTemplate, type Template, type TemplateKind } from '../../core/routing/template.ts';
import type { Exchange } from './exchange.ts';
import type { ListenerContext } from '../listeners/listener-context.ts';
import type { RequestView } from './request-view.ts';
import type { RouteRuntime } from './route-runtime.ts';

/** Answers the exchange when its route is a redirect or a fixed response; false when it is to be forwarded. */
export function answerRoute(exchange: Exchange, route: RouteRuntime, listener: ListenerContext, view: RequestView): boolean {
  const { action } = route.plan;
  if (action.kind === 'services') return false;
  if (action.kind === 'respond') {
    const fields = action.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('') + route.responseEdits.lines;
    exchange.client.replyOwn(exchange, { status: action.status, fields, body: wireText(action.body) });
    return true;
  }
  const location = expand(route, listener, view, action.location, 'location');
  if (location === null) exchange.client.replyOwn(exchange, { status: 500 });
  else exchange.client.replyOwn(exchange, { status: action.status, fields: `Location: ${location}\r\n${route.responseEdits.lines}` });
  return true;
}

/** Path and query for the origin; null when the template cannot be filled. */
export function rewrittenTarget(route: RouteRuntime, listener: ListenerContext, view: RequestView): string | null {
  const path = expand(route, listener, view, route.plan.rewrite!.path!, 'path');
  return path === null || view.query === null ? path : `${path}?${view.query}`;
}

function expand(route: RouteRuntime, listener: ListenerContext, view: RequestView, source: string, kind: TemplateKind): string | null {
  const { router } = listener;
  route.template ??= compile(source, kind, router.paramNames);
  return route.template.expand({ host: view.host, path: view.path, query: view.query, params: router.params, rest: router.rest });
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
