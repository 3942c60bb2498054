import type { Plugin } from 'vite';
import { mockSpace } from './space';

/** Serves the page with a made-up exported space in it. */
export function mockPlugin(): Plugin {
  return {
    name: 'latent-mock',
    transformIndexHtml: (html) => {
      const text = Buffer.from(mockSpace()).toString('base64');
      return html.replace('<!--latent-export-->', () => `<script type="text/plain" id="latent-export">${text}</script>`);
    },
  };
}
