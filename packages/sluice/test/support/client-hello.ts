/** ClientHello messages written part by part, so that tests can bend each part, and records around them. */

/** Big-endian number of `size` bytes. */
export function number(value: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(value, 0, size);
  return bytes;
}

/** The length in `size` bytes, then the content. */
export function vector(size: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([number(content.length, size), content]);
}

export function extension(type: number, ...parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat([number(type, 2), vector(2, ...parts)]);
}

export function serverName(...names: readonly string[]): Buffer {
  return extension(0, vector(2, ...names.map((name) => Buffer.concat([number(0, 1), vector(2, Buffer.from(name, 'latin1'))]))));
}

export function alpn(...names: readonly string[]): Buffer {
  return extension(16, vector(2, ...names.map((name) => vector(1, Buffer.from(name, 'latin1')))));
}

export function versions(...numbers: readonly number[]): Buffer {
  return extension(43, vector(1, ...numbers.map((each) => number(each, 2))));
}

export function preSharedKeys(identities: readonly Uint8Array[], binders: readonly number[] = identities.map(() => 32)): Buffer {
  const offered = identities.map((identity) => Buffer.concat([vector(2, identity), number(0, 4)]));
  return extension(41, vector(2, ...offered), vector(2, ...binders.map((size) => vector(1, Buffer.alloc(size, 7)))));
}

export interface HelloParts {
  readonly version?: number;
  readonly sessionId?: Uint8Array;
  readonly ciphers?: Uint8Array;
  readonly compressions?: Uint8Array;
  /** Null: no extension block at all. */
  readonly extensions?: readonly Uint8Array[] | null;
  readonly rest?: Uint8Array;
}

/** The handshake message, with its four bytes of header. */
export function helloMessage(parts: HelloParts = {}): Buffer {
  const { extensions = [] } = parts;
  const body = [
    number(parts.version ?? 0x0303, 2),
    Buffer.alloc(32, 0xaa),
    vector(1, parts.sessionId ?? Buffer.alloc(32, 1)),
    vector(2, parts.ciphers ?? Buffer.from('1301c02b', 'hex')),
    vector(1, parts.compressions ?? Buffer.of(0)),
    extensions === null ? Buffer.alloc(0) : vector(2, ...extensions),
    parts.rest ?? Buffer.alloc(0),
  ];
  return Buffer.concat([Buffer.of(1), vector(3, ...body)]);
}

/** The message in handshake records of at most `size` bytes. */
export function records(message: Uint8Array, size = 16_384): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    pieces.push(Buffer.of(22, 3, 1), vector(2, message.subarray(at, at + size)));
  }
  return Buffer.concat(pieces);
}

export function hello(...extensions: readonly Uint8Array[]): Buffer {
  return records(helloMessage({ extensions }));
}
