/** Content of a reply that waits: pieces of the memory that it was read into; small ones are copied where many may come, since each would hold a whole read. */
const COPIED_BYTES = 16 * 1024;

export class HeldPieces {
  bytes = 0;
  private readonly pieces: Buffer[] = [];

  get isEmpty(): boolean {
    return this.pieces.length === 0;
  }

  /** @param isMany More reads follow before these are let go. */
  add(bytes: Buffer, start: number, end: number, isMany: boolean): void {
    this.bytes += end - start;
    const piece = bytes.subarray(start, end);
    this.pieces.push(isMany && end - start < COPIED_BYTES ? Buffer.from(piece) : piece);
  }

  join(): Buffer {
    return Buffer.concat(this.pieces);
  }

  /** Hands them over, in order, and forgets them. */
  takeAll(take: (piece: Buffer) => void): void {
    this.bytes = 0;
    for (const piece of this.pieces.splice(0)) take(piece);
  }
}
