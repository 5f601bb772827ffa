/**
 * Server-sent events out of the text of a stream, however it is cut (HTML Standard §9.2.6). Comment lines are dropped, `retry` too: who
 * comes back decides when. One event is at most 16 MiB.
 */

/** An event of a stream. */
export interface ServerSentEvent {
  /** `message` where the stream names none. */
  readonly event: string;
  /** Of the last event that had one; '' before that. */
  readonly id: string;
  readonly data: string;
}

const EVENT_CHARS_MAX = 16 * 1_048_576;

export class SseParser {
  #rest = '';
  #event = '';
  #id = '';
  #data: string[] = [];
  #size = 0;

  /** The events that this piece completes; null when one is too large. */
  push(text: string): readonly ServerSentEvent[] | null {
    const events: ServerSentEvent[] = [];
    const all = this.#rest + text;
    let start = 0;
    for (let end = all.indexOf('\n'); end >= 0; end = all.indexOf('\n', start)) {
      const line = all.slice(start, all.charCodeAt(end - 1) === 13 && end > start ? end - 1 : end);
      start = end + 1;
      if (line === '') this.#finish(events);
      else this.#take(line);
    }
    this.#rest = all.slice(start);
    return this.#size + this.#rest.length > EVENT_CHARS_MAX ? null : events;
  }

  #take(line: string): void {
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1);
    if (name === 'event') this.#event = value;
    else if (name === 'id') this.#id = value.includes('\0') ? this.#id : value;
    else if (name === 'data') {
      this.#data.push(value);
      this.#size += value.length;
    }
  }

  /** An event without data is none. */
  #finish(events: ServerSentEvent[]): void {
    if (this.#data.length > 0) events.push({ event: this.#event || 'message', id: this.#id, data: this.#data.join('\n') });
    this.#event = '';
    this.#data = [];
    this.#size = 0;
  }
}
