/** What stands in the places of header templates (`core/filters/header-template.ts`) for a request. */
import { harmless, type TemplateName, type TemplatePart } from '../../core/filters/header-template.ts';
import { newRequestId } from './request-id.ts';
import type { RequestPass } from './request-pass.ts';

/** The value with its places filled: what clients have had a hand in is made harmless. */
export function fillTemplate(parts: readonly TemplatePart[], pass: RequestPass): string {
  let text = '';
  for (const part of parts) text += 'literal' in part ? part.literal : harmless(valueOf(part.name, pass));
  return text.trim();
}

function valueOf(name: TemplateName, pass: RequestPass): string {
  const { exchange } = pass;
  switch (name) {
    case 'host':
      return pass.view.host;
    case 'method':
      return exchange.method;
    case 'path':
      return exchange.path;
    case 'scheme':
      return pass.scheme;
    case 'route':
      return pass.route.plan.name;
    case 'requestId':
      if (exchange.requestId === '') exchange.requestId = newRequestId();
      return exchange.requestId;
    case 'client.address':
      return exchange.clientAddress;
    case 'user':
      return exchange.user;
  }
}
