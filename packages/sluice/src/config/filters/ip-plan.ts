/** Options of `ip`. */
export interface IpPlan {
  readonly isOn: true;
}
