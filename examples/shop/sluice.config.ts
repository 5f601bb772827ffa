/** The shop's gateway: four services behind one address, by path. Start it with `sluice up --config examples/shop/sluice.config.ts`. */
import { defineConfig, env } from 'sluice';

/** Endpoints of a service: a list of addresses in its variable, or the ports that the demo would take. */
const endpoints = (variable: string, ...ports: number[]): string[] =>
  env(variable, ports.map((port) => `127.0.0.1:${port}`).join(',')).split(',');

// Asked twice a second, and an endpoint that failed real requests is tried again after a second: a show has no time to wait.
const health = { http: '/healthz', interval: '500ms', fastInterval: '100ms', timeout: '400ms' } as const;
const outlier = { baseEjection: '1s', interval: '250ms' } as const;

export default defineConfig({
  listeners: { shop: { http: env('SHOP_LISTEN', ':8080') } },
  services: {
    users: { endpoints: endpoints('SHOP_USERS', 3101, 3102, 3103), balance: 'least-connections', health, outlier },
    orders: { endpoints: endpoints('SHOP_ORDERS', 3201, 3202), balance: 'round-robin', health, outlier },
    payments: { endpoints: endpoints('SHOP_PAYMENTS', 3301, 3302), balance: 'p2c', health, outlier },
    products: { endpoints: endpoints('SHOP_PRODUCTS', 3401, 3402, 3403, 3404), balance: 'smooth-wrr', health, outlier },
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
