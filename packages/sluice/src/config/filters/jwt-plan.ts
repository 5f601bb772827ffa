/** Options of `jwt`. */
export interface JwtPlan {
  readonly isOn: true;
}
