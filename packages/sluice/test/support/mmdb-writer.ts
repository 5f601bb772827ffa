/**
 * Writes MaxMind databases (format 2.0, 24-bit records, IPv6 tree with IPv4 under ::/96): small ones for tests, since real ones may not be handed on. Checked against what others read:
 * `mmdb-lib`, and `mmdblookup` where it is installed.
 */
import ipaddr from 'ipaddr.js';

/** A Buffer is a value that is encoded already. */
type Value = string | number | Buffer | readonly Value[] | { readonly [key: string]: Value };

interface Node {
  children: [Node | number | null, Node | number | null];
}

const MARK = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const TYPES = { text: 2, uint16: 5, uint32: 6, map: 7, uint64: 9, array: 11 } as const;

/** A country database. @param countries Range to ISO code; none lies within another. */
export function countryDatabase(countries: Readonly<Record<string, string>>): Buffer {
  const root = newNode();
  const data: Buffer[] = [];
  let size = 0;
  for (const [cidr, code] of Object.entries(countries)) {
    const record = encode({ country: { iso_code: code } });
    insert(root, bitsOf(cidr), size);
    data.push(record);
    size += record.length;
  }
  const nodes = numbered(root);
  const tree = Buffer.concat(nodes.map((node) => Buffer.concat(node.children.map((child) => recordOf(child, nodes)))));
  const metadata = encode({
    binary_format_major_version: uint('uint16', 2, 2),
    binary_format_minor_version: uint('uint16', 2, 0),
    build_epoch: uint('uint64', 8, 1_767_323_045),
    database_type: 'Test-Country',
    description: { en: 'for tests' },
    ip_version: uint('uint16', 2, 6),
    languages: ['en'],
    node_count: nodes.length,
    record_size: uint('uint16', 2, 24),
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...data, MARK, metadata]);
}

function newNode(): Node {
  return { children: [null, null] };
}

/** The bits of a range in the tree. */
function bitsOf(cidr: string): readonly (0 | 1)[] {
  const [address, bits] = ipaddr.parseCIDR(cidr);
  const bytes = address.toByteArray();
  const whole = bytes.length === 4 ? [...Array.from({ length: 12 }, () => 0), ...bytes] : bytes;
  const length = bytes.length === 4 ? 96 + bits : bits;
  return Array.from({ length }, (_, index) => ((whole[index >> 3]! >> (7 - (index & 7))) & 1) as 0 | 1);
}

function insert(root: Node, bits: readonly (0 | 1)[], offset: number): void {
  let node = root;
  bits.forEach((bit, index) => {
    if (index === bits.length - 1) {
      node.children[bit] = offset;
      return;
    }
    const child = node.children[bit];
    if (typeof child === 'number') throw new Error('a range lies within another');
    node = node.children[bit] = child ?? newNode();
  });
}

function numbered(root: Node): readonly Node[] {
  const nodes = [root];
  for (const node of nodes) for (const child of node.children) if (child !== null && typeof child !== 'number') nodes.push(child);
  return nodes;
}

/** A node's number; beyond them, what is not there, and 16 further on the data. */
function recordOf(child: Node | number | null, nodes: readonly Node[]): Buffer {
  const value = child === null ? nodes.length : typeof child === 'number' ? nodes.length + 16 + child : nodes.indexOf(child);
  const bytes = Buffer.alloc(3);
  bytes.writeUIntBE(value, 0, 3);
  return bytes;
}

/** libmaxminddb wants each number of the metadata in the width that the format names. */
function uint(type: 'uint16' | 'uint32' | 'uint64', width: number, value: number): Buffer {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntBE(value, Math.max(0, width - 6), Math.min(6, width));
  return Buffer.concat([control(TYPES[type], width), bytes]);
}

function encode(value: Value): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (typeof value === 'string') return Buffer.concat([control(TYPES.text, Buffer.byteLength(value)), Buffer.from(value)]);
  if (typeof value === 'number') return uint('uint32', 4, value);
  if (Array.isArray(value)) return Buffer.concat([control(TYPES.array, value.length), ...value.map((each: Value) => encode(each))]);
  const entries = Object.entries(value as { readonly [key: string]: Value });
  return Buffer.concat([control(TYPES.map, entries.length), ...entries.flatMap(([key, each]) => [encode(key), encode(each)])]);
}

/** Sizes below 29 stand in the control byte; types above 7 in a byte of their own. */
function control(type: number, size: number): Buffer {
  if (size >= 29) throw new Error('larger values are not written');
  return type > 7 ? Buffer.from([size, type - 7]) : Buffer.from([(type << 5) | size]);
}
