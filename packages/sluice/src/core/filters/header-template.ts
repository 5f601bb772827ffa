/** Values of headers with places that are filled per request: `{host}`, `{client.address}`. Braces that hold anything but a name stay as they are (JSON in Report-To). */

export const TEMPLATE_NAMES = ['host', 'method', 'path', 'scheme', 'route', 'requestId', 'client.address', 'user'] as const;
export type TemplateName = (typeof TEMPLATE_NAMES)[number];

/** A literal, or a name. */
export type TemplatePart = { readonly literal: string } | { readonly name: TemplateName };

const PLACE = /(\{[A-Za-z][A-Za-z0-9.]*\})/;

/** The parts of a value; the name that is not known, where there is one. */
export function headerTemplate(value: string): readonly TemplatePart[] | { readonly unknown: string } {
  const parts: TemplatePart[] = [];
  for (const piece of value.split(PLACE)) {
    if (piece === '') continue;
    if (!PLACE.test(piece)) {
      parts.push({ literal: piece });
      continue;
    }
    const name = piece.slice(1, -1);
    if (!(TEMPLATE_NAMES as readonly string[]).includes(name)) return { unknown: name };
    parts.push({ name: name as TemplateName });
  }
  return parts;
}

/** What a client may have had a hand in, fit for a header: visible ASCII and inner spaces alone. */
export function harmless(text: string): string {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e) return text.replaceAll(/[^\x20-\x7e]/g, '');
  }
  return text;
}
