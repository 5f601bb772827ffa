/**
 * The shop: four services, their instances and their gateway, with one command: `sluice up --config examples/shop/sluice.config.ts`. Each service scales by itself, by what its own
 * load is best told from.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig, env } from 'sluice';

/** A show has no time to wait: an instance that fails requests is tried again after a second, and is asked twice a second how it is. */
const outlier = { baseEjection: '1s', interval: '250ms' } as const;
const program = (name: string) => ({
  command: [process.execPath, fileURLToPath(new URL(`services/${name}.ts`, import.meta.url))],
  ready: { http: '/healthz', within: '20s', interval: '500ms' },
  drain: '10s',
});

export default defineConfig({
  listeners: { shop: { http: env('SHOP_LISTEN', ':8080') } },
  services: {
    // Known by name, a few at once: as many as the requests in flight ask for.
    users: {
      run: program('users'),
      replicas: { min: 3, max: 6, scale: [{ signal: 'in-flight', target: 20 }] },
      balance: 'least-connections',
      outlier,
    },
    // Small and all alike: by their number. A deploy goes one by one.
    orders: {
      run: program('orders'),
      replicas: { min: 2, max: 4, scale: [{ signal: 'rps', target: 500 }] },
      deploy: { strategy: 'rolling', maxSurge: 1 },
      balance: 'round-robin',
      outlier,
    },
    // Who pays must not wait: by what customers feel.
    payments: {
      run: program('payments'),
      replicas: { min: 2, max: 4, scale: [{ signal: 'latency', target: '250ms', percentile: 95 }] },
      balance: 'p2c',
      outlier,
    },
    // Comes in rushes: quickly out, and back as soon as the rush is over.
    products: {
      run: program('products'),
      replicas: {
        min: 4,
        max: 8,
        scale: [{ signal: 'in-flight', target: 5, window: '3s', panic: false }],
        behavior: { in: { stabilization: '2s', count: 8, period: '1s' } },
      },
      balance: 'smooth-wrr',
      outlier,
    },
  },
  routes: [
    { path: '/api/users/*', to: 'users' },
    { path: '/api/orders/*', to: 'orders' },
    { path: '/api/payments/*', to: 'payments' },
    { path: '/api/products/*', to: 'products' },
    { path: '/', respond: { status: 200, body: 'The shop: /api/users, /api/orders, /api/payments, /api/products\n' } },
  ],
  admin: env('SHOP_ADMIN', '127.0.0.1:9900'),
});
