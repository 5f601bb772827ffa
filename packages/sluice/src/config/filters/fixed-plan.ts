/** Options of `fixed`. */
export interface FixedPlan {
  readonly isOn: true;
}
