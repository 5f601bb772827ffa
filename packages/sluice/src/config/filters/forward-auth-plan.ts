/** Options of `forwardAuth`. */
export interface ForwardAuthPlan {
  readonly isOn: true;
}
