/**
 * Names in a certificate as text that cannot imitate another: the subject as RFC 4514 writes it, alternative names as `DNS:a.example`. Whoever asks for a certificate
 * chooses parts of them, so every character that has a meaning in the text, or none in ASCII, is escaped.
 */
import { contextTag, type DerElement, DerReader, oidText, TAG } from '../der/der-reader.ts';
import { canonicalIpv6 } from '../routing/ipv6.ts';
import type { CertificateFields } from './certificate-fields.ts';

const ALTERNATIVE_NAMES = '2.5.29.17';

/** RFC 4514 §3 and §2.4, and two more that are in wide use. Others are written as identifier and bytes. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
};

const UTF8_STRING = 0x0c;
const PRINTABLE_STRING = 0x13;
const TELETEX_STRING = 0x14;
const IA5_STRING = 0x16;
const BMP_STRING = 0x1e;

/** The subject, last part first: `CN=alice,O=Example`. Empty when it is empty. @throws {DerError} */
export function subjectName({ subject }: CertificateFields): string {
  const list = new DerReader(subject).enter(TAG.sequence, 'subject');
  const parts: string[] = [];
  while (!list.isAtEnd) {
    const set = list.enter(TAG.set, 'relative name');
    const values: string[] = [];
    while (!set.isAtEnd) {
      const pair = set.enter(TAG.sequence, 'attribute');
      values.push(attributeText(oidText(pair.expect(TAG.oid, "attribute's type").content), pair.next()));
    }
    parts.unshift(values.join('+'));
  }
  return parts.join(',');
}

/** Alternative names of the kinds that clients are told apart by: `DNS:`, `email:`, `URI:`, `IP:`. @throws {DerError} */
export function prefixedNames(fields: CertificateFields): string[] {
  const value = fields.extensions.get(ALTERNATIVE_NAMES);
  if (value === undefined) return [];
  const list = new DerReader(value).enter(TAG.sequence, 'names');
  const names: string[] = [];
  while (!list.isAtEnd) {
    const { tag, content } = list.next();
    if (tag === contextTag(1, false)) names.push(`email:${plainText(content)}`);
    else if (tag === contextTag(2, false)) names.push(`DNS:${plainText(content).toLowerCase()}`);
    else if (tag === contextTag(6, false)) names.push(`URI:${plainText(content)}`);
    else if (tag === contextTag(7, false)) names.push(`IP:${ipText(content)}`);
  }
  return names;
}

function attributeText(type: string, value: DerElement): string {
  const name = ATTRIBUTES[type];
  const text = name === undefined ? null : octetsOf(value);
  return text === null ? `${name ?? type}=#${hex(value.bytes)}` : `${name}=${escaped(text)}`;
}

/** The characters of a string as octets of UTF-8; null for a type that is no text. */
function octetsOf({ tag, content }: DerElement): readonly number[] | null {
  if (tag === UTF8_STRING || tag === PRINTABLE_STRING || tag === IA5_STRING) return [...content];
  if (tag === TELETEX_STRING) return [...content].flatMap(utf8);
  if (tag !== BMP_STRING || content.length % 2 !== 0) return null;
  return Array.from({ length: content.length / 2 }, (_, index) => utf8((content[2 * index]! << 8) | content[2 * index + 1]!)).flat();
}

function utf8(code: number): number[] {
  if (code < 0x80) return [code];
  if (code < 0x800) return [0xc0 | (code >> 6), 0x80 | (code & 0x3f)];
  return [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)];
}

/** RFC 4514 §2.4. */
function escaped(octets: readonly number[]): string {
  let text = '';
  for (const [index, octet] of octets.entries()) {
    const character = String.fromCharCode(octet);
    const isEdge = index === 0 ? octet === 0x20 || octet === 0x23 : index === octets.length - 1 && octet === 0x20;
    if (octet < 0x20 || octet > 0x7e) text += `\\${octet.toString(16).padStart(2, '0')}`;
    else text += isEdge || '"+,;<>\\='.includes(character) ? `\\${character}` : character;
  }
  return text;
}

/** As it is where it is visible ASCII without a comma, which separates names; else as `%2c`. */
function plainText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    text += byte > 0x20 && byte < 0x7f && byte !== 0x2c ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}

function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: bytes.length >> 1 }, (_, index) => ((bytes[2 * index]! << 8) | bytes[2 * index + 1]!).toString(16));
  return bytes.length === 16 ? (canonicalIpv6(groups.join(':')) ?? '') : hex(bytes);
}

function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
