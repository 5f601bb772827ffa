/**
 * Reads `text/event-stream` (HTML Living Standard §9.2.6) piece by piece. Over fetch rather than EventSource, because only so a request can carry a token in a header.
 * A line that does not end is refused beyond 8 MiB: the largest message is a Status.
 */

export interface StreamMessage {
  readonly event: string;
  readonly data: string;
  /** The last id that was named, which a reader resumes after; empty: none yet. */
  readonly id: string;
}

const PENDING_MAX = 8 << 20;

export class EventStreamReader {
  private pending = '';
  private event = '';
  private data: string[] = [];
  private id = '';
  private isAfterReturn = false;

  /** @returns The messages that this piece completes. @throws RangeError where a line does not end. */
  push(text: string): StreamMessage[] {
    const messages: StreamMessage[] = [];
    // What was pending has no end of line in it.
    const from = this.pending.length;
    this.pending += text;
    let start = 0;
    for (let i = from; i < this.pending.length; i++) {
      const char = this.pending.charCodeAt(i);
      if (char !== 10 && char !== 13) {
        this.isAfterReturn = false;
        continue;
      }
      // CR LF is one end of line, also where a piece ends between the two.
      if (char === 10 && this.isAfterReturn) {
        this.isAfterReturn = false;
        start = i + 1;
        continue;
      }
      this.isAfterReturn = char === 13;
      const message = this.line(this.pending.slice(start, i));
      if (message !== null) messages.push(message);
      start = i + 1;
    }
    this.pending = this.pending.slice(start);
    if (this.pending.length > PENDING_MAX) throw new RangeError(`a line of the stream is longer than ${PENDING_MAX} characters`);
    return messages;
  }

  private line(line: string): StreamMessage | null {
    if (line === '') return this.dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return null;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.event = value;
    else if (field === 'data') this.data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.id = value;
    return null;
  }

  private dispatch(): StreamMessage | null {
    const { event, data, id } = this;
    this.event = '';
    this.data = [];
    return data.length === 0 ? null : { event: event === '' ? 'message' : event, data: data.join('\n'), id };
  }
}
