/** What was paid for an order. */
import { serve } from '../serve.ts';

const isOrder = (path: string): boolean => /^\/\d{1,6}$/.test(path);

serve('payments', (path) =>
  isOrder(path) ? { order: Number(path.slice(1)), state: Number(path.slice(1)) % 4 === 0 ? 'open' : 'paid' } : null,
);
