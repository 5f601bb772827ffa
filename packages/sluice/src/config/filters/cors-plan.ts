/** Options of `cors`. */
export interface CorsPlan {
  readonly isOn: true;
}
