/** What was ordered by whom. */
import { serve } from '../serve.ts';

const ORDERS = Array.from({ length: 20 }, (_, index) => ({ id: index + 1, user: (index % 5) + 1, product: ((index * 7) % 12) + 1 }));

serve('orders', (path) => (path === '' || path === '/' ? ORDERS : (ORDERS.find(({ id }) => path === `/${id}`) ?? null)));
