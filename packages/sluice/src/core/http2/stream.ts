/** One stream of a session: where it stands (RFC 9113 §5.1), its windows (§5.2), and what waits to be sent. */
import type { ReceiveWindow } from './receive-window.ts';

/** Content that waits for window or room. */
export interface QueuedPiece {
  readonly bytes: Uint8Array;
  start: number;
  /** Behind it there may be room for more. */
  end: number;
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
  /** We send no more: `sendEnd` was said, though content may still wait in the queue. */
  isLocalDone = false;
  /** Over: both sides have ended, or it was reset. Commands for it do nothing. */
  isClosed = false;
  /** Content that waits for window or room, in bytes. */
  queuedBytes = 0;

  // ---- the session's own

  /** The answer to HEAD has no content. */
  isHead = false;
  /** Our final head has been sent. */
  isHeadSent = false;
  /** The peer's final head has come. */
  isHeadReceived = false;
  /** What comes is counted and dropped. */
  isDiscarding = false;
  /** And once our side has ended, RST_STREAM says so. */
  isUnwanted = false;
  /** CONNECT: nothing but DATA follows (RFC 9113 §8.5). */
  isTunnel = false;
  /** Counts against the limit until the owner has released it. */
  isHeld = false;
  /** END_STREAM has gone to the output. */
  isEndSent = false;
  /** Stands in the sender's round. */
  isReady = false;
  /** `sendData` has said false; `onWritable` is owed. */
  isWaiting = false;
  /** Bytes we may send; negative after the peer shrank its initial window (§6.9.2). */
  sendWindow: number;
  /** Made when the first DATA comes. */
  receiveWindow: ReceiveWindow | null = null;
  /** Handed on, not yet given back. */
  unconsumed = 0;
  /** What the head promises; -1 = nothing. */
  contentLength = -1;
  received = 0;
  queue: QueuedPiece[] | null = null;
  trailers = '';
  /** Since when the queue has moved by less than a KiB; -1 = from the next look on. */
  waitsSince = -1;
  movedBytes = 0;

  constructor(id: number, sendWindow: number) {
    this.id = id;
    this.sendWindow = sendWindow;
  }
}
