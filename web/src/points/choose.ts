// The choice between the graphics card and a plain canvas.

import { CanvasPoints } from './canvas';
import type { PointRenderer } from './renderer';
import { WebglPoints } from './webgl';

/** Whether WebGL is only pretended: drawn by the processor it is five times as slow as our own canvas. */
function isSoftware(): boolean {
  const gl = document.createElement('canvas').getContext('webgl2');
  const known = gl?.getExtension('WEBGL_debug_renderer_info');
  const name = gl && known ? String(gl.getParameter(known.UNMASKED_RENDERER_WEBGL)) : '';
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return /swiftshader|llvmpipe|softpipe|software/i.test(name);
}

/** WebGL 2 on a graphics card, otherwise the canvas. @param prefer  "canvas" or "webgl" wants one of them */
export function makeRenderer(canvas: HTMLCanvasElement, prefer: string): PointRenderer {
  if (prefer === 'webgl' || (prefer !== 'canvas' && !isSoftware())) {
    const gl = canvas.getContext('webgl2', { antialias: false, premultipliedAlpha: true, powerPreference: 'high-performance' });
    if (gl) return new WebglPoints(gl);
  }
  return new CanvasPoints(canvas);
}
