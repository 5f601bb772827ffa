/** Options of `mirror`. */
export interface MirrorPlan {
  readonly isOn: true;
}
