/** A request's content as the firewall looks at it: by what it says it is, and where it does not say, or says plain text, by how it begins. Binary content is not looked at. */
import type { BodyKind } from './content-type.ts';
import type { Inspection } from './inspection.ts';
import { inspectJson } from './json-values.ts';
import { inspectMultipart } from './multipart-values.ts';
import { IN_BODY } from './rule.ts';

const BEGINS_JSON = /^\s{0,64}[{[]/;

/** @param type As the client wrote it. */
export function inspectBody(text: string, kind: BodyKind, type: string, inspection: Inspection): void {
  switch (kind) {
    case 'form':
      // Many applications read JSON whatever is said of it, and clients that say nothing say `form`.
      if (BEGINS_JSON.test(text)) inspectJson(text, inspection);
      return inspection.parameters(text, IN_BODY);
    case 'json':
      return inspectJson(text, inspection);
    case 'multipart':
      return inspectMultipart(text, type, inspection);
    case 'text':
    case 'unknown':
      if (BEGINS_JSON.test(text)) return inspectJson(text, inspection);
      if (kind === 'unknown' && /^[^\s=&]{1,256}=/.test(text)) inspection.parameters(text, IN_BODY);
      return inspection.text(text, IN_BODY, 'body');
    case 'binary':
      return;
  }
}
