/** Options of `requestId`. */
export interface RequestIdPlan {
  readonly isOn: true;
}
