/** Random ids as text. Unique for all purposes of logs; no secrets: `random` may be guessed by who has seen enough of it. About 0.2 µs. */
import type { Random } from '../../base/random.ts';

const HEX: readonly string[] = Array.from({ length: 65_536 }, (_, value) => value.toString(16).padStart(4, '0'));

/** Four hexadecimal digits. */
function four(random: Random): string {
  return HEX[Math.floor(random() * 65_536)]!;
}

/** 32 hexadecimal digits. */
export function hexId(random: Random): string {
  return four(random) + four(random) + four(random) + four(random) + four(random) + four(random) + four(random) + four(random);
}

/** RFC 9562 §5.7: 48 bits of milliseconds, then random: ids sort by time. */
export function uuid7(wallMs: number, random: Random): string {
  const high = HEX[Math.floor(wallMs / 0x1_0000_0000) & 0xffff]! + HEX[Math.floor(wallMs / 0x1_0000) & 0xffff]!;
  const version = HEX[0x7000 | Math.floor(random() * 0x1000)]!;
  const variant = HEX[0x8000 | Math.floor(random() * 0x4000)]!;
  return `${high}-${HEX[wallMs & 0xffff]!}-${version}-${variant}-${four(random)}${four(random)}${four(random)}`;
}
