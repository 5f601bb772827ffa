/** The frames of the Autobahn test suite, by its numbers: what each case sends, right or wrong, as parts; a relay has to pass all of them on as they are. */
import { deflateRawSync, constants } from 'node:zlib';
import type { FrameParts } from './websocket-frames.ts';

export interface FrameCase {
  readonly name: string;
  readonly frames: readonly FrameParts[];
  /** Bytes per write; 0: all at once. */
  readonly chop: number;
}

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const HELLO = Buffer.from('Hello, world!');
const UNICODE = Buffer.from('Hello-µ@ßöäüàá-UTF-8!!');

function one(name: string, frames: readonly FrameParts[], chop = 0): FrameCase {
  return { name, frames, chop };
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

function closeWith(code: number, reason: string | Buffer = ''): FrameParts {
  return { opcode: CLOSE, payload: Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason as string)]) };
}

/** 1: framing. */
function framing(): FrameCase[] {
  const sizes = [0, 125, 126, 127, 128, 65_535, 65_536];
  return [TEXT, BINARY].flatMap((opcode) => [
    ...sizes.map((size, index) => one(`1.${opcode}.${index + 1}`, [{ opcode, payload: Buffer.alloc(size, '*') }])),
    one(`1.${opcode}.8`, [{ opcode, payload: Buffer.alloc(65_536, '*') }], 997),
  ]);
}

/** 2: pings and pongs. */
function pings(): FrameCase[] {
  const ping = (payload: Buffer): FrameParts => ({ opcode: PING, payload });
  const ten = Array.from({ length: 10 }, (_, index) => ping(Buffer.from(`payload-${index}`)));
  return [
    one('2.1', [{ opcode: PING }]),
    one('2.2', [ping(HELLO)]),
    one('2.3', [ping(bytes('00 ff fe fd fc fb 00 ff'))]),
    one('2.4', [ping(Buffer.alloc(125, 0xfe))]),
    one('2.5', [ping(Buffer.alloc(126, 0xfe))]),
    one('2.6', [ping(Buffer.alloc(125, 0xfe))], 1),
    one('2.7', [{ opcode: PONG }]),
    one('2.8', [{ opcode: PONG, payload: HELLO }]),
    one('2.9', [{ opcode: PONG, payload: HELLO }, ping(HELLO)]),
    one('2.10', ten),
    one('2.11', ten, 1),
  ];
}

/** 3: reserved bits, 4: reserved opcodes. */
function reserved(): FrameCase[] {
  const around = (frame: FrameParts): FrameParts[] => [{ opcode: TEXT, payload: HELLO }, frame, { opcode: PING }];
  const bits = [1, 2, 3, 4].map((bit) => one(`3.${bit}`, around({ opcode: TEXT, reserved: bit, payload: HELLO }), bit === 4 ? 1 : 0));
  const others = [BINARY, PING, CLOSE].map((opcode, index) =>
    one(`3.${5 + index}`, [{ opcode, reserved: 5 + index, payload: bytes('03e8') }]),
  );
  const opcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode) => [
    one(`4 opcode ${opcode}`, around({ opcode })),
    one(`4 opcode ${opcode} with payload`, around({ opcode, payload: HELLO }), 1),
  ]);
  return [...bits, ...others, ...opcodes];
}

/** 5: fragments. */
function fragments(): FrameCase[] {
  const begin = { opcode: TEXT, isFinal: false, payload: Buffer.from('fragment1') };
  const end = { opcode: 0, payload: Buffer.from('fragment2') };
  const middle = { opcode: 0, isFinal: false, payload: Buffer.from('fragment') };
  const whole = { opcode: TEXT, payload: HELLO };
  const chops = [0, 9, 1];
  return [
    one('5.1', [{ opcode: PING, isFinal: false }, { opcode: 0 }]),
    one('5.2', [{ opcode: PONG, isFinal: false }, { opcode: 0 }]),
    ...chops.map((chop, index) => one(`5.${3 + index}`, [begin, end], chop)),
    ...chops.map((chop, index) => one(`5.${6 + index}`, [begin, { opcode: PING, payload: HELLO }, end], chop)),
    ...chops.map((chop, index) => one(`5.${9 + index}`, [end, whole], chop)),
    ...chops.map((chop, index) => one(`5.${12 + index}`, [middle, whole], chop)),
    one('5.15', [begin, end, middle, whole]),
    one('5.16', [middle, begin, end, middle, begin, end]),
    one('5.17', [end, begin, end, end, begin, end]),
    one('5.18', [begin, { ...begin, isFinal: true }]),
    one('5.19', [begin, middle, { opcode: PING, payload: HELLO }, middle, middle, { opcode: PING }, end], 7),
    one('5.20', [begin, middle, { opcode: PING, payload: HELLO }, middle, middle, { opcode: PING }, end], 1),
  ];
}

/** 6: UTF-8, valid and not. */
function utf8(): FrameCase[] {
  const kappa = 'ce ba e1 bd b9 cf 83 ce bc ce b5';
  const texts = [
    kappa, `${kappa} ed a0 80 65 64 69 74 65 64`, `${kappa} f4 90 80 80`, 'ce', 'ce ba e1', '00', 'c2 80', 'e0 a0 80', 'f0 90 80 80', 'f8 88 80 80 80', 'fc 84 80 80 80 80',
    '7f', 'df bf', 'ef bf bf', 'f4 8f bf bf', 'fb bf bf bf bf', 'fd bf bf bf bf bf', 'ed 9f bf', 'ee 80 80', 'ef bf bd', 'f4 90 80 80', '80', 'bf', '80 bf 80 bf', 'c0 20 c1 20', 'e0 20 ef 20',
    'f0 20 f7 20', 'c0', 'e0 80', 'f0 80 80', 'fe', 'ff', 'fe fe ff ff', 'c0 af', 'e0 80 af', 'f0 80 80 af', 'c1 bf', 'e0 9f bf', 'f0 8f bf bf', 'c0 80', 'ed a0 80', 'ed bf bf', 'ed a0 80 ed b0 80', 'ef bf be', 'f0 9f bf be',
  ]; // prettier-ignore
  return texts.flatMap((hex, index) => {
    const payload = bytes(hex);
    const split = payload.length >> 1;
    const parts = [
      { opcode: TEXT, isFinal: false, payload: payload.subarray(0, split) },
      { opcode: 0, payload: payload.subarray(split) },
    ];
    return [
      one(`6 text ${index}`, [{ opcode: TEXT, payload }]),
      one(`6 text ${index} in fragments`, parts),
      one(`6 text ${index} by bytes`, parts, 1),
    ];
  });
}

/** 7: closes. */
function closes(): FrameCase[] {
  const hello = { opcode: TEXT, payload: UNICODE };
  const codes = [
    0, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1016, 1100, 2000, 2999, 3000, 3999, 4000, 4999,
    5000, 65_535,
  ];
  return [
    one('7.1.1', [hello, closeWith(1000)]),
    one('7.1.2', [closeWith(1000), closeWith(1000)]),
    one('7.1.3', [closeWith(1000), { opcode: PING }]),
    one('7.1.4', [closeWith(1000), hello]),
    one('7.1.5', [{ ...hello, isFinal: false }, closeWith(1000), { opcode: 0, payload: HELLO }]),
    one('7.1.6', [{ opcode: TEXT, payload: Buffer.alloc(262_144, 'BAsd7&jh23') }, closeWith(1000), { opcode: PING }]),
    one('7.3.1', [{ opcode: CLOSE }]),
    one('7.3.2', [{ opcode: CLOSE, payload: Buffer.from('a') }]),
    one('7.3.3', [closeWith(1000)], 1),
    one('7.3.4', [closeWith(1000, 'Hello World!')]),
    one('7.3.5', [closeWith(1000, '*'.repeat(123))]),
    one('7.3.6', [closeWith(1000, '*'.repeat(124))]),
    one('7.5.1', [closeWith(1000, bytes('ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80'))]),
    ...codes.map((code) => one(`7.7, 7.9, 7.13 code ${code}`, [closeWith(code, 'why')])),
  ];
}

/** 9: limits, and 10: masking in small chops. */
function limits(): FrameCase[] {
  const sizes = [65_536, 262_144, 1_048_576, 4_194_304];
  const large = sizes.flatMap((size) =>
    [TEXT, BINARY].map((opcode) => one(`9.${opcode} ${size}`, [{ opcode, payload: Buffer.alloc(size, 'BAsd7&jh23') }])),
  );
  const inFragments = [64, 1_024, 65_536].map((size) => {
    const count = 262_144 / size;
    const frames = Array.from({ length: count }, (_, index) => ({
      opcode: index === 0 ? TEXT : 0,
      isFinal: index === count - 1,
      payload: Buffer.alloc(size, 'x'),
    }));
    return one(`9.3 fragments of ${size}`, frames);
  });
  const inChops = [64, 512, 2_048].map((chop) =>
    one(`9.5 chops of ${chop}`, [{ opcode: BINARY, payload: Buffer.alloc(262_144, 3) }], chop),
  );
  const many = [0, 16, 256, 1_024].map((size) =>
    one(
      `9.7 1,000 of ${size}`,
      Array.from({ length: 1_000 }, () => ({ opcode: BINARY, payload: Buffer.alloc(size, 9) })),
    ),
  );
  return [...large, ...inFragments, ...inChops, ...many, one('10.1.1', [{ opcode: TEXT, payload: Buffer.alloc(65_536, '*') }], 1_300)];
}

/** 12 and 13: permessage-deflate (RFC 7692), whose first frames have RSV1. */
function compressed(): FrameCase[] {
  const deflated = (size: number): Buffer => {
    const content = Buffer.from(JSON.stringify({ text: 'the quick brown fox '.repeat(size / 20 + 1) }).slice(0, size));
    return deflateRawSync(content, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
  };
  const whole = [16, 64, 256, 1_024, 8_192, 131_072].map((size) =>
    one(`12 ${size}`, [{ opcode: TEXT, reserved: 4, payload: deflated(size) }]),
  );
  const payload = deflated(131_072);
  const cuts = [0, 1, 20, payload.length];
  const frames = [0, 1, 2].map((index) => ({
    opcode: index === 0 ? TEXT : 0,
    reserved: index === 0 ? 4 : 0,
    isFinal: index === 2,
    payload: payload.subarray(cuts[index], cuts[index + 1]),
  }));
  return [...whole, one('13 in fragments', frames), one('13 in fragments by bytes', frames, 1)];
}

/** All cases. */
export const FRAME_CASES: readonly FrameCase[] = [
  ...framing(),
  ...pings(),
  ...reserved(),
  ...fragments(),
  ...utf8(),
  ...closes(),
  ...limits(),
  ...compressed(),
  // What no suite sends: lengths in more bytes than they need, and the longest there is.
  one('a length of 5 in 2 bytes', [{ payload: Buffer.from('short'), lengthBytes: 2 }]),
  one('a length of 5 in 8 bytes', [{ payload: Buffer.from('short'), lengthBytes: 8 }], 1),
];
