import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

/** Puts script and style into the page itself: a file that works from disk, without a server beside it. */
function inline(): Plugin {
  return {
    name: 'latent-inline',
    enforce: 'post',
    generateBundle(_, bundle) {
      const pages = Object.values(bundle).filter((file) => file.fileName.endsWith('.html'));
      for (const page of pages) {
        if (page.type !== 'asset') continue;
        let html = String(page.source);
        for (const [name, file] of Object.entries(bundle)) {
          if (file.type === 'chunk') {
            const code = file.code.replaceAll('</script', '<\\/script');
            html = html.replace(/<script type="module"[^>]*><\/script>/, '');
            html = html.replace('</body>', () => `<script type="module">${code}</script></body>`);
            delete bundle[name];
          } else if (name.endsWith('.css')) {
            html = html.replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${String(file.source)}</style>`);
            delete bundle[name];
          }
        }
        page.source = html;
        page.fileName = 'export.html';
      }
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [svelte(), inline()],
  build: {
    outDir: process.env.LATENT_WEB_OUT ?? 'dist',
    emptyOutDir: false,
    target: 'es2022',
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
    rollupOptions: { output: { inlineDynamicImports: true } },
  },
});
