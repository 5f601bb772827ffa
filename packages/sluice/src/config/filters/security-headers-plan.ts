/** Options of `securityHeaders`. */
export interface SecurityHeadersPlan {
  readonly isOn: true;
}
