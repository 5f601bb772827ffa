/**
 * Header fields in the configuration. Names are tokens and values have no control characters (RFC 9110 §5.1, §5.5), so that no configured
 * value can split a message; fields that frame a message or concern one connection belong to the gateway alone.
 */
import * as z from 'zod';
import { named } from './section.ts';

const NAME_ALLOWED = "must be a header name (letters, digits and !#$%&'*+-.^_`|~)";
const VALUE_ALLOWED = 'must be a header value of visible characters, spaces and tabs, at most 8192, without spaces at its ends';

/** RFC 9110 §7.6.1 and RFC 9112 §6: written by the gateway itself. */
const OWN_FIELDS = /^(?:connection|keep-alive|proxy-connection|transfer-encoding|content-length|te|trailer|upgrade|host)$/i;

/** A header field's name. */
export function headerName() {
  return z
    .string({ error: NAME_ALLOWED })
    .max(128, NAME_ALLOWED)
    .regex(/^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/, NAME_ALLOWED)
    .meta({ 'x-range': 'header name' });
}

/** A header name that configuration may write. */
export function editableHeaderName() {
  return headerName().refine((name) => !OWN_FIELDS.test(name), {
    error:
      'must not be a field that the gateway writes itself (Host, Content-Length, Transfer-Encoding, Connection and what belongs to it)',
  });
}

/** A header field's value. */
export function headerValue() {
  return z
    .string({ error: ({ input }) => (typeof input === 'number' ? `${VALUE_ALLOWED}\nwrite it as a text, in quotes` : VALUE_ALLOWED) })
    .max(8192, VALUE_ALLOWED)
    .regex(/^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/, VALUE_ALLOWED);
}

/** Header fields to send: name to value. */
export function headerFields() {
  return named('an object of header names and values', editableHeaderName(), headerValue());
}
