/** What a reader made of the bytes of one connection: the common form in which two readers are compared. All text is latin1. */

export interface ReadRequest {
  readonly method: string;
  readonly target: string;
  readonly minorVersion: number;
  /** Name, value, name, value: as sent, in order. */
  readonly fields: readonly string[];
  body: string;
  trailers: readonly string[];
  isComplete: boolean;
}

export interface Reading {
  readonly requests: ReadRequest[];
  /** Code of the fault that ended the reading; null when the bytes ran out first. */
  fault: string | null;
  /** The last request asked for the connection to be closed: what follows it is nobody's. */
  isClosed: boolean;
}
