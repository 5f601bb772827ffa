/** What there is to buy. */
import { setTimeout as lookUp } from 'node:timers/promises';
import { serve } from '../serve.ts';

/** A search asks a slow catalogue. */
const SEARCH_MS = 100;
const NAMES = ['lamp', 'desk', 'chair', 'shelf', 'clock', 'vase', 'rug', 'mug', 'pen', 'book', 'plant', 'frame'];
const PRODUCTS = NAMES.map((name, index) => ({ id: index + 1, name, price: 5 + ((index * 37) % 95) }));

serve('products', (path) => {
  if (path.startsWith('/search/')) {
    const found = PRODUCTS.filter(({ name }) => name.includes(path.slice('/search/'.length)));
    return lookUp(SEARCH_MS, found);
  }
  return path === '' || path === '/' ? PRODUCTS : (PRODUCTS.find(({ id }) => path === `/${id}`) ?? null);
});
