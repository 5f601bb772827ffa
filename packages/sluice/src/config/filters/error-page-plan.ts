/** Options of `errorPage`. */
export interface ErrorPagePlan {
  readonly isOn: true;
}
