/** A request's content on its way through a forward proxy: decoded, so that we know where it ends, and framed anew. */
import { BodyDecoder, type BodySink } from '../../core/http1/body-decoder.ts';
import { REFUSED } from '../../core/http1/field-section.ts';
import type { BodyKind } from '../../core/http1/framing.ts';
import type { Http1Limits } from '../../config/plan.ts';
import { trailerLines } from '../exchange/trailers.ts';
import type { EndpointLink } from '../layer4/endpoint-link.ts';

const LINE_END = Buffer.from('\r\n', 'latin1');

export class ForwardedContent implements BodySink {
  /** The origin takes no more for now. */
  mustPause = false;
  private readonly decoder: BodyDecoder;
  private readonly link: EndpointLink;
  private readonly isChunked: boolean;

  /** @param length For `length`: bytes. */
  constructor(link: EndpointLink, kind: BodyKind, length: number, limits: Http1Limits) {
    this.link = link;
    this.isChunked = kind === 'chunked';
    this.decoder = new BodyDecoder(limits);
    this.decoder.start(kind, length);
  }

  /** All of it was passed on. */
  get isDone(): boolean {
    return this.decoder.isDone;
  }

  /** Content bytes so far. */
  get received(): number {
    return this.decoder.received;
  }

  /** Status for the client where it was refused. */
  get faultStatus(): number {
    return this.decoder.fault?.status ?? 400;
  }

  /** Takes bytes. @returns The index of the first byte behind the content, or REFUSED. */
  feed(bytes: Buffer, from: number): number {
    const at = this.decoder.feed(bytes, from, bytes.length, this);
    if (at !== REFUSED && this.decoder.isDone && this.isChunked) {
      this.write(Buffer.from(`0\r\n${trailerLines(this.decoder.trailers)}\r\n`, 'latin1'));
    }
    return at;
  }

  onBody(bytes: Uint8Array, start: number, end: number): void {
    const content = bytes.subarray(start, end);
    if (!this.isChunked) return this.write(content);
    this.write(Buffer.concat([Buffer.from(`${(end - start).toString(16)}\r\n`, 'latin1'), content, LINE_END]));
  }

  private write(bytes: Uint8Array): void {
    if (!this.link.write(bytes)) this.mustPause = true;
  }
}
