/**
 * Lines of JSON (ndjson) that are followed: read again from the beginning after a loss (backoff.ts), closed while the tab is hidden. Unlike feed.ts there is no place to go on from: `onBegin`
 * says that what comes is everything again.
 */
import { backoffMs } from './backoff.ts';
import { openStream } from './client.ts';

export interface LineFeedOptions<Line> {
  /** Path and query. */
  readonly path: string;
  readonly onBegin: () => void;
  readonly onLine: (line: Line) => void;
  /** @param problem Null: it is read. */
  readonly onState: (problem: string | null) => void;
}

/** A line that does not end is refused beyond this. */
const PENDING_MAX = 1 << 20;

export class LineFeed<Line> {
  private readonly options: LineFeedOptions<Line>;
  private attempts = 0;
  private connection: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LineFeedOptions<Line>) {
    this.options = options;
    document.addEventListener('visibilitychange', this.onVisibility);
    this.open();
  }

  /** For good. */
  end(): void {
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.close();
  }

  private readonly onVisibility = (): void => {
    this.close();
    if (!document.hidden) this.open();
  };

  private open(): void {
    if (document.hidden) return;
    const connection = new AbortController();
    this.connection = connection;
    this.read(connection.signal).catch((error: unknown) => {
      if (this.connection !== connection) return;
      this.close();
      this.options.onState((error as Error).message);
      this.timer = setTimeout(() => this.open(), backoffMs(this.attempts++, Math.random()));
    });
  }

  private async read(signal: AbortSignal): Promise<void> {
    const response = await openStream(this.options.path, { accept: 'application/x-ndjson' }, signal);
    const text = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    this.options.onBegin();
    this.options.onState(null);
    for (let pending = ''; ;) {
      const { done, value } = await text.read();
      if (done) throw new Error('Sluice ended the stream');
      this.attempts = 0;
      const lines = (pending + value).split('\n');
      pending = lines.pop()!;
      if (pending.length > PENDING_MAX) throw new RangeError(`a line is longer than ${PENDING_MAX} characters`);
      for (const line of lines) if (line !== '') this.options.onLine(JSON.parse(line) as Line);
    }
  }

  private close(): void {
    clearTimeout(this.timer);
    const { connection } = this;
    this.connection = null;
    connection?.abort();
  }
}
