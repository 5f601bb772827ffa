/** A request's content as the firewall looks at it: by what it says it is, and where it does not say, or says plain text, by how it begins. Binary content is not looked at. */
import type { Inspection } from './inspection.ts';
import { inspectJson } from './json-values.ts';
import { inspectMultipart } from './multipart-values.ts';
import { IN_BODY } from './rule.ts';

export type BodyKind = 'form' | 'json' | 'multipart' | 'text' | 'unknown' | 'binary';

const BINARY =
  /^(?:image\/(?!svg)|audio\/|video\/|font\/|application\/(?:octet-stream|grpc|pdf|zip|gzip|zstd|x-tar|x-7z|wasm|protobuf|x-protobuf|vnd\.google\.protobuf|msgpack|x-msgpack|cbor|avro|vnd\.ms-|vnd\.openxml|dns-message|ocsp|pkcs|x-pkcs|vnd\.apache\.parquet))/;

/** @param type The value of Content-Type, lower case; empty: there is none. */
export function bodyKind(type: string): BodyKind {
  if (type === '') return 'unknown';
  const end = type.search(/[;, ]/);
  const media = end < 0 ? type : type.slice(0, end);
  if (media === 'application/x-www-form-urlencoded') return 'form';
  if (media === 'multipart/form-data') return 'multipart';
  if (media.endsWith('/json') || media.endsWith('+json') || media.endsWith('json') || media === 'application/graphql') return 'json';
  return BINARY.test(media) ? 'binary' : 'text';
}

/** Character sets in which ASCII is ASCII. In others (UTF-7, UTF-16, EBCDIC) attacks do not look like what they are. */
export function hidesText(type: string): boolean {
  const at = type.indexOf('charset');
  if (at < 0) return false;
  if (type.indexOf('charset', at + 7) > 0) return true;
  const name = /^charset\s*=\s*["']?([^"';,\s]*)/.exec(type.slice(at))?.[1] ?? '';
  return !/^(?:utf-?8|us-ascii|ascii|iso-8859-\d{1,2}|latin1|windows-125\d|koi8-[ru])$/.test(name);
}

/** @param type As the client wrote it. */
export function inspectBody(text: string, kind: BodyKind, type: string, inspection: Inspection): void {
  switch (kind) {
    case 'form':
      return inspection.parameters(text, IN_BODY);
    case 'json':
      return inspectJson(text, inspection);
    case 'multipart':
      return inspectMultipart(text, type, inspection);
    case 'text':
    case 'unknown':
      if (/^\s{0,64}[{[]/.test(text)) return inspectJson(text, inspection);
      if (kind === 'unknown' && /^[^\s=&]{1,256}=/.test(text)) inspection.parameters(text, IN_BODY);
      return inspection.text(text, IN_BODY, 'body');
    case 'binary':
      return;
  }
}
