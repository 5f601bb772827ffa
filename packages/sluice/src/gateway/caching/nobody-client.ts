/** The client's side of a request that nobody waits for: whatever comes is taken and forgotten. */
import type { Attempt, Client, Exchange } from '../exchange/exchange.ts';

export class NobodyClient implements Client {
  readonly hasRoom = true;
  readonly holdsBytes = false;

  onUpstreamDrain(): void {}

  onInterim(): boolean {
    return true;
  }

  onResponseHead(exchange: Exchange): boolean {
    exchange.stop();
    exchange.isOver = true;
    return false;
  }

  replyBody(): void {}

  flushReply(): boolean {
    return true;
  }

  onReplyEnd(exchange: Exchange): void {
    exchange.isOver = true;
  }

  onReplyCut(exchange: Exchange): void {
    exchange.isOver = true;
  }

  onUpgraded(exchange: Exchange, attempt: Attempt): void {
    attempt.discard();
    exchange.isOver = true;
  }

  replyReady(): boolean {
    return false;
  }

  replyOwn(exchange: Exchange): void {
    exchange.stop();
    exchange.isOver = true;
  }
}
