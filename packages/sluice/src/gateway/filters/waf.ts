/**
 * `waf`: refuses requests that are attacks. The head is looked at in the event that brought it; content waits until it is whole. The built-in engine is `core/waf` (the rules of one
 * paranoia level are shared by all routes of a worker), the other one is libmodsecurity in a thread of its own (`waf/modsecurity-client.ts`).
 */
import type { WafBodyPlan, WafPlan } from '../../config/filters/waf-plan.ts';
import { inspectBody } from '../../core/waf/body.ts';
import { bodyKind } from '../../core/waf/content-type.ts';
import { Inspection, type WafSettings } from '../../core/waf/inspection.ts';
import { RULE_PLACES, RULES } from '../../core/waf/rule-list.ts';
import { RuleSet } from '../../core/waf/rule-set.ts';
import { HeadInspection } from '../waf/head-inspection.ts';
import { ModSecurityStage, prepareModSecurity } from '../waf/modsecurity-stage.ts';
import { wafContent } from '../waf/waf-content.ts';
import { verdictOf } from '../waf/waf-events.ts';
import { WafRefusal } from '../waf/waf-refusal.ts';
import { type FilterContext, type FilterModule, type FilterVerdict, PASS, type RequestPass, type Stage } from './filter.ts';

export const filter: FilterModule<'waf'> = {
  create: (options, context) =>
    options.modSecurity === null ? new WafStage(options, context) : new ModSecurityStage(options, options.modSecurity, context),
  prepare: async ({ modSecurity }, shared) => {
    if (modSecurity !== null) await prepareModSecurity(modSecurity, shared);
  },
};

const categoryOf = (id: number): string => RULES[RULE_PLACES.get(id)!]!.category;

class WafStage implements Stage {
  private readonly options: WafPlan;
  private readonly context: FilterContext;
  private readonly rules: RuleSet;
  private readonly settings: WafSettings;
  private readonly head: HeadInspection;
  private readonly refusal: WafRefusal;

  constructor(options: WafPlan, context: FilterContext) {
    const { paranoia, threshold, exclusions, isDetectOnly } = options;
    this.options = options;
    this.context = context;
    this.rules = context.shared.get(`waf rules ${paranoia}`, () => new RuleSet(paranoia));
    this.settings = { paranoia, threshold, isThorough: isDetectOnly, exclusions };
    this.head = new HeadInspection({
      methods: new Set(options.methods),
      contentTypes: options.contentTypes,
      ignored: new Set(options.ignoredHeaders),
    });
    this.refusal = new WafRefusal(options, context);
  }

  onRequest(pass: RequestPass): FilterVerdict {
    try {
      return this.look(pass);
    } catch (error) {
      return this.refusal.broken(error);
    }
  }

  private look(pass: RequestPass): FilterVerdict {
    const { view, exchange } = pass;
    const hasBody = exchange.bodyKind !== 'none';
    const type = hasBody ? (view.header('content-type') ?? '') : '';
    const lower = type.toLowerCase();
    const inspection = new Inspection(this.rules, this.settings, view.path);
    this.head.look(view, hasBody, lower, inspection);
    if (!this.options.isDetectOnly && inspection.isAttack) return this.conclude(pass, inspection);
    const { body } = this.options;
    if (!hasBody || body === null || exchange.isGrpc || bodyKind(lower) === 'binary') return this.conclude(pass, inspection);
    pass.hold();
    return pass.wait(this.lookAtBody(pass, body, type, inspection));
  }

  private async lookAtBody(pass: RequestPass, body: WafBodyPlan, type: string, inspection: Inspection): Promise<FilterVerdict> {
    const content = await wafContent(pass, body, this.context.worker);
    if (content === 'gone') return PASS;
    if (typeof content === 'string')
      return this.options.isDetectOnly ? this.conclude(pass, inspection) : this.refusal.unread(pass, content);
    try {
      inspectBody(content.toString('utf8'), bodyKind(type.toLowerCase()), type, inspection);
    } catch (error) {
      return this.refusal.broken(error);
    }
    return this.conclude(pass, inspection);
  }

  private conclude(pass: RequestPass, inspection: Inspection): FilterVerdict {
    if (!inspection.isAttack) return PASS;
    return this.refusal.attack(pass, verdictOf(inspection.findings, inspection.score, categoryOf));
  }
}
