/** A request as the firewall's tests make it, and its way through the engine without a network. */
import { inspectBody } from '../../src/core/waf/body.ts';
import { bodyKind } from '../../src/core/waf/content-type.ts';
import { inspectField, inspectTarget } from '../../src/core/waf/head.ts';
import { Inspection } from '../../src/core/waf/inspection.ts';
import { RuleSet } from '../../src/core/waf/rule-set.ts';
import type { WafParanoia } from '../../src/core/waf/rule.ts';

export interface WafRequest {
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: string;
  readonly body?: string;
}

const SETS = new Map<WafParanoia, RuleSet>();

/** Looks at a request with all rules of a level, and all that match. */
export function inspectRequest(request: WafRequest, paranoia: WafParanoia, isThorough = true): Inspection {
  const rules = SETS.get(paranoia) ?? new RuleSet(paranoia);
  SETS.set(paranoia, rules);
  const { path = '/', query = null, headers = {}, type = '', body = '' } = request;
  const inspection = new Inspection(rules, { paranoia, threshold: 5, isThorough, exclusions: [] }, path);
  inspectTarget(path, query, inspection);
  for (const [name, value] of Object.entries(headers)) inspectField(name, value, inspection);
  if (body !== '') inspectBody(body, bodyKind(type.toLowerCase()), type, inspection);
  return inspection;
}
