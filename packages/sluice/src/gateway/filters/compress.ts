/**
 * Compresses replies (RFC 9110 §8.4, §12.5.3): gives each request a client that codes what is worth it in what the request takes. nginx's `gzip` with `gzip_vary`, Caddy's `encode`; never of what is coded
 * already, of parts, of what must not be transformed, of gRPC, and of event streams unless they are named. HTTP/1.0 gets nothing: what reads it often cannot.
 */
import type { CompressPlan } from '../../config/filters/compress-plan.ts';
import { chooseCoding, type Coding } from '../../core/compression/accept-encoding.ts';
import { isCrossSite } from '../../core/compression/cross-site.ts';
import { MediaTypes } from '../../core/compression/media-types.ts';
import { CompressClient, type Compression } from '../compression/compress-client.ts';
import type { WorkerContext } from '../worker-context.ts';
import { type FilterModule, PASS, type RequestPass, type Stage } from './filter.ts';

const TOLD_EVERY_MS = 60_000;

class CompressStage implements Stage, Compression {
  readonly types: MediaTypes;
  readonly bytesMin: number;
  readonly isPadded: boolean;
  private readonly plan: CompressPlan;
  private readonly worker: WorkerContext;
  private readonly route: string;
  private toldAt = -Infinity;
  /** Clients differ little: what the last one asked for, and what that comes to. */
  private lastAccept: string | null = null;
  private lastCoding: Coding | null = null;

  constructor(plan: CompressPlan, worker: WorkerContext, route: string) {
    this.plan = plan;
    this.worker = worker;
    this.route = route;
    this.types = new MediaTypes(plan.types);
    this.bytesMin = plan.bytesMin;
    this.isPadded = plan.breach === 'pad';
  }

  onRequest(pass: RequestPass): typeof PASS {
    const { exchange, view } = pass;
    if (exchange.isGrpc) return PASS;
    const accept = view.header('accept-encoding');
    if (accept !== this.lastAccept) {
      this.lastAccept = accept;
      this.lastCoding = chooseCoding(accept, this.plan.codings);
    }
    const coding = exchange.minorVersion === 1 ? this.lastCoding : null;
    if (this.plan.isOffloaded && accept !== null) pass.removeHeader('accept-encoding');
    const isAllowed = coding !== null && !(this.plan.breach === 'skip-credentials' && isDoubtful(pass));
    const unlessTag = isAllowed ? view.header('if-none-match') : null;
    exchange.client = new CompressClient(exchange.client, this, { coding: isAllowed ? coding : null, unlessTag });
    return PASS;
  }

  levelOf(coding: Coding): number {
    return this.plan.levels[coding];
  }

  onFailure(error: Error): void {
    const now = this.worker.clock.now();
    if (now - this.toldAt < TOLD_EVERY_MS) return;
    this.toldAt = now;
    this.worker.event('error', 'compression failed', { route: this.route, reason: error.message });
  }
}

/** Credentials that another site may have had the browser send. */
function isDoubtful({ view }: RequestPass): boolean {
  if (view.header('cookie') === null && view.header('authorization') === null) return false;
  return isCrossSite({ secFetchSite: view.header('sec-fetch-site'), referer: view.header('referer'), host: view.host });
}

export const filter: FilterModule<'compress'> = {
  create: (options, { worker, route }) => new CompressStage(options, worker, route.name),
};
