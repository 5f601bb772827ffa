/** Answers with another place. Requests that are there already go on, so that no rule leads in a circle by itself. */
import { canonicalAddress } from '../../core/filters/canonical-address.ts';
import { compileTemplate, type Template } from '../../core/routing/template.ts';
import type { RedirectPlan } from '../../config/filters/redirect-plan.ts';
import { linearReplacer } from '../../core/filters/replacing-regex.ts';
import { type FilterModule, type FilterVerdict, PASS, type RequestPass } from './filter.ts';

/** A location: visible ASCII that names its place itself, and is no other site by accident. */
const LOCATION = /^(?:https?:\/\/[\x21-\x7e]+|\/(?![/\\])[\x21-\x7e]*)$/i;

export const filter: FilterModule<'redirect'> = {
  create({ status, to, regex, canonical }) {
    if (canonical !== null) return { onRequest: (pass) => leave(pass, status, canonicalAddress(canonical, addressOf(pass))) };
    if (regex !== null) {
      const replace = linearReplacer(regex.source, regex.replacement);
      return {
        onRequest(pass) {
          const { scheme, host, port, path, query } = addressOf(pass);
          const found = replace(`${scheme}://${host}${port}${path}${query === null ? '' : `?${query}`}`);
          return leave(pass, status, found === null ? null : (sound(found) ?? ''));
        },
      };
    }
    let template: Template | null = null;
    return {
      onRequest(pass) {
        template ??= templateOf(to!, pass.parameters.paramNames);
        const { path, query, host } = pass.view;
        const { params, rest } = pass.parameters;
        return leave(pass, status, template.expand({ path, query, host, params, rest }) ?? '');
      },
    };
  },
};

/** @param location Empty: it could not be made. Null: nothing is to be done. */
function leave(pass: RequestPass, status: RedirectPlan['status'], location: string | null): FilterVerdict {
  if (location === null || isHere(pass, location)) return PASS;
  if (location === '') return pass.answer({ status: 400 });
  return pass.answer({ status, fields: `Location: ${location}\r\n`, body: '' });
}

function isHere(pass: RequestPass, location: string): boolean {
  const { target } = pass.view;
  if (!location.endsWith(target)) return false;
  if (location.length === target.length) return true;
  const { scheme, host, port } = addressOf(pass);
  return location === `${scheme}://${host}${port}${target}`;
}

/** `//evil.example` would be another site, and so would `/\evil.example`, since browsers read a backslash as a slash: one slash is meant. */
function sound(location: string): string | null {
  const single = location.startsWith('/') ? location.replace(/^[/\\]+/, '/') : location;
  return LOCATION.test(single) ? single : null;
}

function addressOf(pass: RequestPass): { scheme: 'http' | 'https'; host: string; port: string; path: string; query: string | null } {
  const { view, askedHost } = pass;
  const { path, query, host } = view;
  const colon = askedHost.lastIndexOf(':');
  const port = colon > 0 && colon > askedHost.lastIndexOf(']') ? askedHost.slice(colon) : '';
  return { scheme: schemeOf(pass), host, port, path, query };
}

/** As the client's side of trusted proxies is. */
function schemeOf(pass: RequestPass): 'http' | 'https' {
  if (!pass.requester.identity.isTrusted) return pass.scheme;
  const said = pass.view.header('x-forwarded-proto');
  return said === 'https' || said === 'http' ? said : pass.scheme;
}

function templateOf(to: string, names: readonly string[]): Template {
  const template = compileTemplate(to, 'location', names);
  if (typeof template === 'string') throw new Error(template); // of a filter of all routes: this one's path has no such parameter
  return template;
}
