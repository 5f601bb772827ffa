/** Floods (placeholder of the causes; the table follows). */
export type FloodCause =
  | 'resets'
  | 'continuation'
  | 'settings'
  | 'ping'
  | 'empty-frames'
  | 'priority'
  | 'window-updates'
  | 'unknown-frames'
  | 'closed-stream-frames'
  | 'headers-after-limit';
