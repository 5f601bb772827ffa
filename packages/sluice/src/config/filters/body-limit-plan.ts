/** Options of `bodyLimit`. */
export interface BodyLimitPlan {
  readonly isOn: true;
}
