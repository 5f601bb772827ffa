/** What `next()` gives: a promise that costs nothing until somebody looks at it. A filter that ends with `return next()` never does, and its reply is not held. */
import { type FilterReply, RequestOver } from '../../core/filters/custom-filter.ts';

export class PendingReply implements Promise<FilterReply> {
  readonly [Symbol.toStringTag] = 'Promise';
  private promise: Promise<FilterReply> | null = null;
  private resolve: ((reply: FilterReply) => void) | null = null;
  private reject: ((error: Error) => void) | null = null;
  private reply: FilterReply | null = null;
  private why: string | null = null;

  get isWatched(): boolean {
    return this.promise !== null;
  }

  settle(reply: FilterReply): void {
    this.reply = reply;
    this.resolve?.(reply);
  }

  /** It will not come. An error is made only for who looks: its stack costs microseconds. */
  fail(why: string): void {
    if (this.reply !== null) return;
    this.why = why;
    this.reject?.(new RequestOver(why));
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  then<Result1 = FilterReply, Result2 = never>(
    onReply?: ((reply: FilterReply) => Result1 | PromiseLike<Result1>) | null,
    onError?: ((error: unknown) => Result2 | PromiseLike<Result2>) | null,
  ): Promise<Result1 | Result2> {
    return this.real().then(onReply, onError);
  }

  catch<Result = never>(onError?: ((error: unknown) => Result | PromiseLike<Result>) | null): Promise<FilterReply | Result> {
    return this.real().catch(onError);
  }

  finally(onEnd?: (() => void) | null): Promise<FilterReply> {
    return this.real().finally(onEnd);
  }

  private real(): Promise<FilterReply> {
    return (this.promise ??= new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      if (this.reply !== null) resolve(this.reply);
      else if (this.why !== null) reject(new RequestOver(this.why));
    }));
  }
}
