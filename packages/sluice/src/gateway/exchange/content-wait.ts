/**
 * Waits for a request's content before the request goes on: for who has to look at it (a user's filter, a firewall). What came stays with the exchange and goes upstream as it was. Bounded:
 * the client is held back at `bytesMax`, and its silence is the listener's deadline. Nobody takes the content yet, so this is only for exchanges without an attempt.
 */
import { ResponseParser } from '../../core/http1/response-parser.ts';
import type { ContentReader, Exchange } from './exchange.ts';

/** `large`: there is more of it than was asked for. `gone`: the client is. */
export type ContentFailure = 'large' | 'gone';

/** Who runs something at the end of a turn. `worker-context.ts` is it. */
interface Later {
  later(task: () => void): void;
}

/**
 * The content, whole, as soon as it is there.
 * @param bytesMax Up to which it is kept; the replay's bound (64 KiB) costs nothing more than what is kept anyway.
 */
export function waitForContent(exchange: Exchange, bytesMax: number, worker: Later): Promise<Buffer | ContentFailure> {
  if (exchange.isRequestDone) return Promise.resolve(exchange.partsBytes > bytesMax ? 'large' : Buffer.concat(exchange.parts));
  return new Promise((resolve) => {
    const wait = new ContentWait(exchange, bytesMax, resolve);
    if (exchange.expectsContinue) worker.later(() => askForContent(exchange));
    if (bytesMax > exchange.keptBytesMax) {
      exchange.keptBytesMax = bytesMax;
      worker.later(() => exchange.isOver || exchange.client.onUpstreamDrain(null)); // it may stand still already
    }
    wait.onContent();
  });
}

class ContentWait implements ContentReader {
  private readonly exchange: Exchange;
  private readonly bytesMax: number;
  private readonly settle: (content: Buffer | ContentFailure) => void;

  constructor(exchange: Exchange, bytesMax: number, settle: (content: Buffer | ContentFailure) => void) {
    this.exchange = exchange;
    this.bytesMax = bytesMax;
    this.settle = settle;
    exchange.addReader(this);
    exchange.leaveQueue = () => this.finish('gone');
  }

  onContent(): void {
    const { exchange } = this;
    if (exchange.partsBytes > this.bytesMax) this.finish('large');
    else if (exchange.isRequestDone) this.finish(Buffer.concat(exchange.parts));
  }

  private finish(content: Buffer | ContentFailure): void {
    this.exchange.removeReader(this);
    this.exchange.leaveQueue = null;
    this.settle(content);
  }
}

const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
let interim: ResponseParser | null = null;

/** Says 100 in the origin's place (RFC 9110 §10.1.1). */
function askForContent(exchange: Exchange): void {
  if (exchange.isOver || !exchange.expectsContinue) return;
  if (interim === null) {
    interim = new ResponseParser({
      requestLineBytesMax: 64,
      headerBytesMax: 64,
      headersMax: 1,
    });
    interim.begin();
    interim.parse(CONTINUE, 0, CONTINUE.length, false);
  }
  exchange.client.onInterim(exchange, interim, CONTINUE, 0);
  exchange.expectsContinue = false;
}
