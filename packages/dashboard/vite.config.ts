/** Builds the dashboard into `dist`: static files that the admin API serves under `/`, with relative addresses, so that it may stand below a path. */
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

/** The chosen colours are there before the first paint: a small script that waits for nothing, which modules cannot be. */
const themeFirst: Plugin = {
  name: 'theme-first',
  transformIndexHtml: { order: 'post', handler: () => [{ tag: 'script', attrs: { src: './theme.js' }, injectTo: 'head-prepend' }] },
};

export default defineConfig({
  base: './',
  plugins: [themeFirst],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2023',
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
});
