/** Something better than an error's bare words: a page, problem details, another place; for replies of the service and for our own. */
import { ErrorPage } from '../../core/filters/error-page.ts';
import { ErrorClient } from '../error-page/error-client.ts';
import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'errorPage'> = {
  create(plan, { worker }) {
    const isReplaced = new Uint8Array(600);
    for (const [from, to] of plan.statuses) isReplaced.fill(1, from, to + 1);
    const rules = { plan, page: new ErrorPage(plan.html), isReplaced, statuses: new Map(plan.statusMap), worker };
    return {
      onRequest(pass) {
        const { exchange, view } = pass;
        if (exchange.isGrpc) return PASS; // its errors stand in trailers
        const accept = plan.json === 'auto' ? view.header('accept') : null;
        exchange.client = new ErrorClient(exchange.client, rules, accept, view.host);
        return PASS;
      },
    };
  },
};
