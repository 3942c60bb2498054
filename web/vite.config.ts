import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { mockPlugin } from './mock/plugin';

// The page that `latent explore` serves. `npm run dev` serves it over a small exported space made by mock/, or, with
// LATENT_SERVER=http://127.0.0.1:PORT, over a running server.
const server = process.env.LATENT_SERVER;

export default defineConfig(({ command }) => ({
  base: './',
  plugins: [svelte(), ...(command === 'serve' && !server ? [mockPlugin()] : [])],
  build: {
    outDir: process.env.LATENT_WEB_OUT ?? 'dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: server ? { proxy: { '/api': { target: server, changeOrigin: true } } } : {},
  test: { include: ['tests/**/*.test.ts'] },
}));
