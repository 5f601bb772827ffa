/** Heads of requests out of a client's bytes: empty lines before them are skipped, and a parser is held only while a head is not whole. */
import { CR, LF } from '../../core/http1/characters.ts';
import { FAULTS, type Fault } from '../../core/http1/fault.ts';
import { MORE, REFUSED } from '../../core/http1/field-section.ts';
import type { RequestParser } from '../../core/http1/request-parser.ts';
import type { Http1Limits } from '../../config/plan.ts';
import type { WorkerContext } from '../worker-context.ts';

export class HeadReader {
  /** Of the head that is under way, or whole and not released yet. */
  parser: RequestParser | null = null;
  /** Why it was refused. */
  fault: Fault = FAULTS.lineEnding;
  /** Where the head begins, in the bytes that were read last. */
  start = 0;
  private readonly worker: WorkerContext;

  constructor(worker: WorkerContext) {
    this.worker = worker;
  }

  /** Reads on from `from`; where it says MORE, the same bytes from `start` on, and more, are to come again. @returns The index behind the head, MORE, or REFUSED. */
  read(bytes: Buffer, from: number, limits: Http1Limits): number {
    let at = from;
    if (this.parser === null) {
      // RFC 9112 §2.2: empty lines before a request line are ignored.
      while (bytes[at] === CR && bytes[at + 1] === LF) at += 2;
      this.start = at;
      if (at === bytes.length || (bytes[at] === CR && at + 1 === bytes.length)) return MORE;
      if (bytes[at] === CR) return this.refuse(FAULTS.lineEnding);
      this.parser = this.worker.takeParser(limits);
    }
    this.start = at;
    const next = this.parser.parse(bytes, at, bytes.length);
    return next === REFUSED ? this.refuse(this.parser.fault!) : next;
  }

  /** The head has been dealt with. */
  release(): void {
    if (this.parser !== null) this.worker.giveParser(this.parser);
    this.parser = null;
  }

  private refuse(fault: Fault): typeof REFUSED {
    this.fault = fault;
    return REFUSED;
  }
}
