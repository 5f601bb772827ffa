/**
 * Which pages of other origins may read replies (Fetch §3.2). Preflights are answered here, whoever asks: pages of origins that are not listed are told nothing, which browsers take for a no
 * (as Traefik does). What the service says of it itself is left out, since two answers are none.
 */
import { OriginList } from '../../core/filters/cors.ts';
import type { CorsPlan } from '../../config/filters/cors-plan.ts';
import { compileLinearRegex } from '../../io/regex.ts';
import { dropsOf } from '../exchange/header-edits.ts';
import { type FilterModule, PASS, type RequestPass } from './filter.ts';

const FIELDS = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-allow-private-network',
  'access-control-expose-headers',
  'access-control-max-age',
];
/** Names of headers that a preflight asks for: tokens and commas. */
const ASKED = /^[A-Za-z0-9!#$%&'*+\-.^_`|~ ,]{1,4096}$/;
const VARY = 'Vary: Origin\r\n';

export const filter: FilterModule<'cors'> = {
  create(plan) {
    const list = new OriginList(plan, plan.regexes.map(compileLinearRegex));
    const isSame = plan.anyOrigin && !plan.credentials; // for everybody, `*`
    const drops = dropsOf(FIELDS);
    const exposed = plan.exposed.length === 0 ? '' : `Access-Control-Expose-Headers: ${plan.exposed.join(', ')}\r\n`;
    const nobody = { drops, lines: isSame ? '' : VARY };
    const anybody = { drops, lines: `Access-Control-Allow-Origin: *\r\n${exposed}` };
    const tail = `${plan.credentials ? 'Access-Control-Allow-Credentials: true\r\n' : ''}`;
    const preflightLines = preflightFields(plan);
    return {
      onRequest(pass) {
        const { exchange, view } = pass;
        const origin = view.header('origin');
        const isAllowed = origin !== null && list.allows(origin);
        if (!isAllowed) exchange.addReplyEdits(nobody);
        const allowed = isSame ? 'Access-Control-Allow-Origin: *\r\n' : `Access-Control-Allow-Origin: ${origin}\r\n${VARY}`;
        if (origin !== null && exchange.method === 'OPTIONS' && view.header('access-control-request-method') !== null) {
          if (isAllowed) exchange.addReplyEdits({ drops, lines: allowed + tail + preflightLines + askedFields(plan, pass) });
          return pass.answer({ status: 204, fields: 'Vary: Access-Control-Request-Method, Access-Control-Request-Headers\r\n' });
        }
        if (isAllowed) exchange.addReplyEdits(isSame ? anybody : { drops, lines: allowed + tail + exposed });
        return PASS;
      },
    };
  },
};

function preflightFields({ methods, headers, maxAgeSeconds }: CorsPlan): string {
  const named = headers.includes('*') || headers.length === 0 ? '' : `Access-Control-Allow-Headers: ${headers.join(', ')}\r\n`;
  return `Access-Control-Allow-Methods: ${methods.join(', ')}\r\n${named}Access-Control-Max-Age: ${maxAgeSeconds}\r\n`;
}

function askedFields({ headers, privateNetwork }: CorsPlan, { view }: RequestPass): string {
  const asked = headers.includes('*') ? view.header('access-control-request-headers') : null;
  const lines = asked !== null && ASKED.test(asked) ? `Access-Control-Allow-Headers: ${asked}\r\n` : '';
  const isPrivate = privateNetwork && view.header('access-control-request-private-network') === 'true';
  return isPrivate ? `${lines}Access-Control-Allow-Private-Network: true\r\n` : lines;
}
