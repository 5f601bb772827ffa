/**
 * Splits a stream of text into lines, any split of the chunks giving the same lines. A line longer than the bound is given in
 * pieces, so that a program that never writes a newline costs no memory.
 */

/** Longest line that is kept whole, in UTF-16 code units. */
const LINE_LENGTH_MAX = 16_384;

export class LineSplitter {
  #rest = '';
  readonly #line: (line: string) => void;

  constructor(line: (line: string) => void) {
    this.#line = line;
  }

  /** Takes the next piece of text; calls back for each line that it ends. */
  push(text: string): void {
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#give(this.#rest + text.slice(start, end));
      this.#rest = '';
      start = end + 1;
    }
    this.#rest += text.slice(start);
    while (this.#rest.length >= LINE_LENGTH_MAX) {
      this.#line(this.#rest.slice(0, LINE_LENGTH_MAX));
      this.#rest = this.#rest.slice(LINE_LENGTH_MAX);
    }
  }

  /** The stream has ended: gives a last line that had no newline. */
  end(): void {
    if (this.#rest !== '') this.#give(this.#rest);
    this.#rest = '';
  }

  #give(line: string): void {
    this.#line(line.endsWith('\r') ? line.slice(0, -1) : line);
  }
}
