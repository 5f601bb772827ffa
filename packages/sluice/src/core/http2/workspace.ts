/** Memory that all sessions of a worker share: a head is decoded, rewritten and handed over within one call, so one of each is enough. */
import { BlockPool } from './block-pool.ts';
import { HeadBuffer } from './head-buffer.ts';
import { DecodedFields } from './hpack/decoded-fields.ts';
import type { Allocate } from './hpack/octets.ts';
import { RequestForm } from './request-form.ts';
import { ResponseForm } from './response-form.ts';

/** One per worker. */
export class Workspace {
  readonly fields: DecodedFields;
  readonly head: HeadBuffer;
  readonly blocks: BlockPool;
  readonly requestForm: RequestForm = new RequestForm();
  readonly responseForm: ResponseForm = new ResponseForm();
  /** Heads on their way out. */
  text: Uint8Array;
  readonly allocate: Allocate;

  /** @param allocate `Buffer.allocUnsafeSlow`. */
  constructor(allocate: Allocate) {
    this.allocate = allocate;
    this.fields = new DecodedFields(allocate);
    this.head = new HeadBuffer(allocate);
    this.blocks = new BlockPool(allocate);
    this.text = allocate(4096);
  }
}
