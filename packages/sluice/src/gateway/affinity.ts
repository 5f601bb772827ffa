/** Affinity of one service in one worker: between `core/affinity`, which decides, and the exchange. */
import type { ResponseParser } from '../core/http1/response-parser.ts';
import type { AffinityPlan, ServicePlan } from '../config/plan.ts';
import type { DataPlane } from './data-plane.ts';
import type { Exchange } from './exchange.ts';
import type { RequestView } from './request-view.ts';

export class ServiceAffinity {
  constructor(_plan: AffinityPlan, _service: ServicePlan, _slots: Readonly<Record<string, number>>) {}
  lookUp(_exchange: Exchange, _view: RequestView, _plane: DataPlane): void {}
  onReply(_exchange: Exchange, _parser: ResponseParser, _bytes: Buffer, _start: number): string {
    return '';
  }
}
