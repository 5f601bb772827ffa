/** Options of `decompressLimit`. */
export interface DecompressLimitPlan {
  readonly isOn: true;
}
