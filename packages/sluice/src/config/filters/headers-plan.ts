/** Options of `headers`. */
export interface HeadersPlan {
  readonly isOn: true;
}
