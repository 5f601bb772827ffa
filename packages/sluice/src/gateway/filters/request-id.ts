/** A name for each request: kept from who may give one, or made here; for the access log, the service and the reply. */
import { randomUUID } from 'node:crypto';
import { hexId, uuid7 } from '../../core/filters/random-ids.ts';
import type { RequestIdPlan } from '../../config/filters/request-id-plan.ts';
import { dropsOf } from '../exchange/header-edits.ts';
import { isAcceptableRequestId, newRequestId } from '../exchange/request-id.ts';
import type { WorkerContext } from '../worker-context.ts';
import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'requestId'> = {
  create({ header, accept, format, echo }, { worker }) {
    const lower = header.toLowerCase();
    const drops = dropsOf([header]);
    const isUsual = lower === 'x-request-id'; // what the request head says by itself
    const usualDrops = isUsual ? '' : `${drops}x-request-id,`;
    return {
      onRequest(pass) {
        const { exchange } = pass;
        const mayGive = accept === 'any' || (accept === 'trusted' && pass.requester.identity.isTrusted);
        const given = mayGive ? pass.view.header(lower) : null;
        const id = given !== null && isAcceptableRequestId(given) ? given : makeId(format, worker);
        exchange.requestId = id;
        const line = `${header}: ${id}\r\n`;
        if (!isUsual) pass.edit({ drops: usualDrops, lines: line });
        if (echo) exchange.addReplyEdits({ drops, lines: line });
        return PASS;
      },
    };
  },
};

function makeId(format: RequestIdPlan['format'], { clock, random }: WorkerContext): string {
  switch (format) {
    case 'uuid7':
      return uuid7(clock.wall(), random);
    case 'uuid4':
      return randomUUID();
    case 'hex':
      return hexId(random);
    case 'short':
      return newRequestId();
  }
}
