/** Streams of JSON objects, one a line, as engines send events and the progress of a pull. A line that is too long or no JSON is passed over. */
import type { Readable } from 'node:stream';

const LINE_BYTES_MAX = 1_048_576;

/** Ends when the stream does, whatever the reason. */
export async function* readJsonLines(stream: Readable): AsyncGenerator<unknown> {
  let rest = '';
  stream.setEncoding('utf8');
  try {
    for await (const piece of stream as AsyncIterable<string>) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop()!;
      if (rest.length > LINE_BYTES_MAX) rest = '';
      for (const line of lines) {
        const value = parse(line);
        if (value !== null) yield value;
      }
    }
  } catch {
    // Broken off: the same to who reads as its end.
  }
  const last = parse(rest);
  if (last !== null) yield last;
}

function parse(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
