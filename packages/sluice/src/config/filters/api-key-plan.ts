/** Options of `apiKey`. */
export interface ApiKeyPlan {
  readonly isOn: true;
}
