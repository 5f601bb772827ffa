/** Options of `waf`. */
export interface WafPlan {
  readonly isOn: true;
}
