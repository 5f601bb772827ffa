/** Content-Type as the firewall goes by it: how content is to be taken apart, whether two readers could take it for two things, and whether its character set would hide what it says. */

export type BodyKind = 'form' | 'json' | 'multipart' | 'text' | 'unknown' | 'binary';

const BINARY =
  /^(?:image\/(?!svg)|audio\/|video\/|font\/|application\/(?:octet-stream|grpc|pdf|zip|gzip|zstd|x-tar|x-7z|wasm|protobuf|x-protobuf|vnd\.google\.protobuf|msgpack|x-msgpack|cbor|avro|vnd\.ms-|vnd\.openxml|dns-message|ocsp|pkcs|x-pkcs|vnd\.apache\.parquet))/;

/** @param type The value of Content-Type, lower case; empty: there is none. */
export function bodyKind(type: string): BodyKind {
  if (type === '' || isTypeList(type)) return 'unknown';
  const media = mediaType(type);
  if (media === 'application/x-www-form-urlencoded') return 'form';
  if (media === 'multipart/form-data') return 'multipart';
  if (media.endsWith('/json') || media.endsWith('+json') || media.endsWith('json') || media === 'application/graphql') return 'json';
  return BINARY.test(media) ? 'binary' : 'text';
}

/** Without parameters. @param type Lower case. */
export function mediaType(type: string): string {
  const end = type.search(/[;,\s]/);
  return end < 0 ? type : type.slice(0, end);
}

/** Whether more than one type is given, as two fields are: which of them counts depends on who reads. */
export function isTypeList(type: string): boolean {
  return type.includes(',') && type.replaceAll(/"[^"]*"/g, '').includes(',');
}

/** Character sets in which ASCII is ASCII. In others (UTF-7, UTF-16, EBCDIC) attacks do not look like what they are. */
export function hidesText(type: string): boolean {
  const at = type.indexOf('charset');
  if (at < 0) return false;
  if (type.indexOf('charset', at + 7) > 0) return true;
  const name = /^charset\s*=\s*["']?([^"';,\s]*)/.exec(type.slice(at))?.[1] ?? '';
  return !/^(?:utf-?8|us-ascii|ascii|iso-8859-\d{1,2}|latin1|windows-125\d|koi8-[ru])$/.test(name);
}
