/** Options of `redirect`. */
export interface RedirectPlan {
  readonly isOn: true;
}
