/** Options of `rewrite`. */
export interface RewritePlan {
  readonly isOn: true;
}
