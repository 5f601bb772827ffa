/** Options of `compress`. */
export interface CompressPlan {
  readonly isOn: true;
}
