/** What there is to buy. */
import { serve } from '../serve.ts';

const NAMES = ['lamp', 'desk', 'chair', 'shelf', 'clock', 'vase', 'rug', 'mug', 'pen', 'book', 'plant', 'frame'];
const PRODUCTS = NAMES.map((name, index) => ({ id: index + 1, name, price: 5 + ((index * 37) % 95) }));

serve('products', (path) => (path === '' || path === '/' ? PRODUCTS : (PRODUCTS.find(({ id }) => path === `/${id}`) ?? null)));
