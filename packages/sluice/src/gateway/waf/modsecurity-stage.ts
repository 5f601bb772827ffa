/** `waf` with libmodsecurity: every request is asked about, its content when it is whole. What the rules want answered is the answer; without an answer in time, the request is refused or passes, as the plan says. */
import type { ModSecurityPlan, WafPlan } from '../../config/filters/waf-plan.ts';
import { bodyKind } from '../../core/waf/content-type.ts';
import type { ModSecurityRequest } from '../../io/modsecurity.ts';
import { latin1 } from '../../core/http1/text.ts';
import { type FilterContext, type FilterVerdict, PASS, type RequestPass, type Stage } from '../filters/filter.ts';
import type { SharedParts } from '../filters/shared-parts.ts';
import { clientName, ModSecurityClient } from './modsecurity-client.ts';
import { wafContent } from './waf-content.ts';
import { WafRefusal } from './waf-refusal.ts';

/** Reads the rules before the plan runs. */
export function prepareModSecurity(plan: ModSecurityPlan, shared: SharedParts): Promise<void> {
  return shared.get(clientName(plan), () => new ModSecurityClient(plan)).ready();
}

export class ModSecurityStage implements Stage {
  private readonly options: WafPlan;
  private readonly plan: ModSecurityPlan;
  private readonly context: FilterContext;
  private readonly client: ModSecurityClient;
  private readonly refusal: WafRefusal;

  constructor(options: WafPlan, plan: ModSecurityPlan, context: FilterContext) {
    this.options = options;
    this.plan = plan;
    this.context = context;
    this.client = context.shared.get(clientName(plan), () => new ModSecurityClient(plan));
    this.refusal = new WafRefusal(options, context);
  }

  onRequest(pass: RequestPass): FilterVerdict {
    pass.hold();
    return pass.wait(this.judge(pass));
  }

  private async judge(pass: RequestPass): Promise<FilterVerdict> {
    const { exchange, view } = pass;
    const { body } = this.options;
    const isRead =
      exchange.bodyKind !== 'none' &&
      body !== null &&
      !exchange.isGrpc &&
      bodyKind((view.header('content-type') ?? '').toLowerCase()) !== 'binary';
    const content = isRead ? await wafContent(pass, body, this.context.worker) : null;
    if (content === 'gone') return PASS;
    if (typeof content === 'string') return this.options.isDetectOnly ? PASS : this.refusal.unread(pass, content);
    const result = await this.client.judge(requestOf(pass, content), this.plan);
    if (exchange.isOver) return PASS;
    if (typeof result === 'string') return this.refusal.unable(pass);
    if (result.status === 0) return PASS;
    const verdict = {
      rules: result.rules.slice(0, 8),
      category: 'modsecurity',
      target: 'request',
      name: result.message,
      score: 0,
      sample: '',
    };
    return this.refusal.attack(pass, verdict, result.status);
  }
}

function requestOf(pass: RequestPass, body: Buffer | null): ModSecurityRequest {
  const { exchange, view } = pass;
  const { parser, bytes, start } = view;
  const section = start + parser.fieldsStart;
  const { offsets, count } = parser.fields;
  const fields: string[] = [];
  for (let index = 0; index < count; index++) {
    const at = index << 2;
    const name = latin1(bytes, section + offsets[at]!, section + offsets[at + 1]!);
    // Content is handed over as the service will read it: its coding is undone.
    if (body === null || name.toLowerCase() !== 'content-encoding') fields.push(name, parser.value(bytes, start, index));
  }
  return {
    client: exchange.clientAddress,
    method: view.method,
    target: view.target,
    version: exchange.isHttp2 ? '2.0' : `1.${exchange.minorVersion}`,
    fields,
    body,
  };
}
