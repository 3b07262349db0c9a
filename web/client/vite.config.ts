import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { fresh } from './build/fresh.ts';
import { icons } from './build/icons.ts';

const server = process.env['KREIDE_SERVER'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [icons(), svelte(), fresh(new URL('../static/index.html', import.meta.url))],
  build: {
    outDir: '../static',
    emptyOutDir: false, // pages that are open load their parts under the old names until the Makefile's two weeks are over
    target: 'es2022',
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '/api': server,
      '/socket.io': { target: server, ws: true },
      '/collab': { target: server, ws: true },
    },
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
