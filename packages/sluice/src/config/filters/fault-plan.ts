/** Options of `fault`. */
export interface FaultPlan {
  readonly isOn: true;
}
