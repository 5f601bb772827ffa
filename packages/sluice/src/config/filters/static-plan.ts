/** Options of `static`. */
export interface StaticPlan {
  readonly isOn: true;
}
