/** Options of `basic`. */
export interface BasicPlan {
  readonly isOn: true;
}
