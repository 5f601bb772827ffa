/** One stream of a session: where it stands (RFC 9113 §5.1), its windows (§5.2), and what waits to be sent. */

/** A piece of content that waits for window or room. */
export interface QueuedPiece {
  readonly bytes: Uint8Array;
  start: number;
}

/** Made by the session. The owner reads the flags, sets `owner`, and passes it back to the session's commands. */
export class Stream<Owner> {
  readonly id: number;
  /** The owner's own. */
  owner: Owner | null = null;
  /** `:protocol` of an extended CONNECT (RFC 8441); '' otherwise. */
  protocol = '';
  /** The peer sends no more: END_STREAM has come. */
  isRemoteDone = false;
  /** We send no more: END_STREAM is queued or sent. */
  isLocalDone = false;
  /** Over: both sides have ended, or it was reset. Commands for it do nothing. */
  isClosed = false;

  // ---- the session's own

  /** The answer to HEAD has no content. */
  isHead = false;
  /** A final head has been sent. */
  isHeadSent = false;
  /** A final head has come. */
  isHeadReceived = false;
  /** What comes is counted and dropped. */
  isDiscarding = false;
  /** Still counts against the limit, because the owner has not released it. */
  isHeld = false;
  /** END_STREAM has gone to the output. */
  isEndSent = false;
  /** Bytes we may send; negative after the peer shrank its initial window (§6.9.2). */
  sendWindow: number;
  /** Bytes the peer may send. */
  receiveWindow: number;
  /** Handed on, not yet given back. */
  unconsumed = 0;
  /** Given back, not yet announced. */
  credit = 0;
  /** Of the received head; -1 when it named none. */
  contentLength = -1;
  received = 0;
  /** Content that waits; null = none. */
  queue: QueuedPiece[] | null = null;
  queuedBytes = 0;
  /** `sendData` has said false; `onWritable` is owed. */
  isWaiting = false;
  /** Trailers that wait for the queue. */
  trailers = '';
  /** When the queue began to wait for its next KiB; -1 = to be stamped. */
  waitsSince = -1;
  movedBytes = 0;

  constructor(id: number, sendWindow: number, receiveWindow: number) {
    this.id = id;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }
}
