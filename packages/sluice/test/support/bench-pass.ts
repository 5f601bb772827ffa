/** Requests for stages that are measured by themselves: parsed heads, and a pass that takes note of nothing. */
import { instant, timestamp } from '../../src/base/time.ts';
import { RequestParser } from '../../src/core/http1/request-parser.ts';
import { Exchange } from '../../src/gateway/exchange/exchange.ts';
import { type CompiledEdits, joinEdits, NO_EDITS } from '../../src/gateway/exchange/header-edits.ts';
import { RequestView } from '../../src/gateway/exchange/request-view.ts';
import type { FilterContext, FilterVerdict, RequestPass } from '../../src/gateway/filters/filter.ts';
import { SharedParts } from '../../src/gateway/filters/shared-parts.ts';
import { LIMITS } from './http1.ts';
import { WALL_START } from './data-plane.ts';

export interface BenchPass {
  readonly pass: RequestPass;
  /** The stage's verdict, if it waits. */
  settled(): Promise<void>;
  /** As it was before the stage. */
  reset(): void;
}

/** A browser's head, with these lines at its end. */
const USUAL = [
  'Host: a.example',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64)',
  'Accept: text/html',
  'Accept-Language: de',
  'Accept-Encoding: gzip, br',
  'Cookie: a=b',
];

export function fieldsBench(): { readonly context: FilterContext; passOf(lines: readonly string[]): BenchPass } {
  const clock = { now: () => instant(performance.now()), wall: () => timestamp(WALL_START) };
  const worker = { clock, random: () => 0.5, event: () => {} };
  const context = { worker, shared: new SharedParts(), route: { name: 'a' }, routeSlot: 0, index: 0 } as unknown as FilterContext;
  return { context, passOf };
}

function passOf(lines: readonly string[]): BenchPass {
  const bytes = Buffer.from(`GET / HTTP/1.1\r\n${[...USUAL, ...lines].map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1');
  const parser = new RequestParser(LIMITS);
  if (parser.parse(bytes, 0, bytes.length) !== bytes.length) throw new Error('the head is whole');
  const view = new RequestView();
  view.point(parser, bytes, 0, 'a.example', '/', null);
  const exchange = new Exchange({} as Exchange['client'], instant(0));
  exchange.clientAddress = '127.0.0.1';
  const pass = new MeasuredPass(view, exchange);
  return { pass: pass as unknown as RequestPass, settled: () => pass.settled, reset: () => void (pass.edits = NO_EDITS) };
}

class MeasuredPass {
  readonly view: RequestView;
  readonly exchange: Exchange;
  readonly askedHost = 'a.example';
  readonly scheme = 'http';
  edits: CompiledEdits = NO_EDITS;
  settled: Promise<void> = Promise.resolve();

  constructor(view: RequestView, exchange: Exchange) {
    this.view = view;
    this.exchange = exchange;
  }

  edit(edits: CompiledEdits): void {
    this.edits = joinEdits(this.edits, edits);
  }

  answer(answer: { readonly status: number }): never {
    throw new Error(`refused: ${answer.status}`);
  }

  wait(verdict: Promise<FilterVerdict>): 2 {
    this.settled = verdict.then(() => {});
    return 2;
  }
}
