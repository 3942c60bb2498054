// Points by WebGL 2: one draw call, colours from a texture of 256.

import type { Camera, Screen } from '../logic/camera';
import type { Coloring } from '../logic/colors';
import type { PointRenderer, PointStyle } from './renderer';

const kVertex = `#version 300 es
layout(location = 0) in vec2 a_from;
layout(location = 1) in vec2 a_to;
layout(location = 2) in float a_color;
layout(location = 3) in float a_mark;
uniform vec2 u_middle, u_scale;
uniform float u_way, u_size, u_faded, u_only;
uniform sampler2D u_palette;
out vec4 v_color;
void main() {
  vec4 color = texelFetch(u_palette, ivec2(int(a_color), 0), 0);
  bool left_out = color.a == 0.0 || (u_only > 0.5 && a_mark < 0.5);
  float marked = a_mark > 0.5 ? 1.0 : u_faded;
  v_color = vec4(color.rgb, color.a * marked);
  gl_Position = left_out ? vec4(2.0, 2.0, 2.0, 1.0) : vec4((mix(a_from, a_to, u_way) - u_middle) * u_scale, 0.0, 1.0);
  gl_PointSize = u_size;
}`;

const kFragment = `#version 300 es
precision mediump float;
in vec4 v_color;
uniform float u_radius;
out vec4 color;
void main() {
  float inside = u_radius < 1.6 ? 1.0 : clamp(u_radius + 0.5 - distance(gl_PointCoord, vec2(0.5)) * 2.0 * u_radius, 0.0, 1.0);
  float alpha = v_color.a * inside;
  color = vec4(v_color.rgb * alpha, alpha);
}`;

function program(gl: WebGL2RenderingContext): WebGLProgram {
  const built = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, kVertex], [gl.FRAGMENT_SHADER, kFragment]] as const) {
    const shader = gl.createShader(type);
    if (!shader) throw new Error('WebGL: no shader');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(built, shader);
  }
  gl.linkProgram(built);
  if (!gl.getProgramParameter(built, gl.LINK_STATUS)) throw new Error(`WebGL: ${gl.getProgramInfoLog(built)}`);
  return built;
}

export class WebglPoints implements PointRenderer {
  readonly name = 'webgl2';
  private readonly program: WebGLProgram;
  private readonly buffers: WebGLBuffer[];
  private readonly palette: WebGLTexture;
  private readonly at: Record<string, WebGLUniformLocation | null> = {};
  private count = 0;
  private marked = false;

  constructor(private readonly gl: WebGL2RenderingContext) {
    this.program = program(gl);
    gl.useProgram(this.program);
    for (const name of ['middle', 'scale', 'way', 'size', 'faded', 'only', 'palette', 'radius']) {
      this.at[name] = gl.getUniformLocation(this.program, `u_${name}`);
    }
    this.buffers = [0, 1, 2, 3].map(() => gl.createBuffer());
    this.palette = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.uniform1i(this.at.palette, 0);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  private fill(attribute: number, data: Float32Array | Uint8Array, size: number): void {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[attribute]);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(attribute);
    const type = data instanceof Float32Array ? gl.FLOAT : gl.UNSIGNED_BYTE;
    gl.vertexAttribPointer(attribute, size, type, false, 0, 0);
  }

  setPositions(positions: Float32Array, from: Float32Array | null): void {
    this.count = positions.length / 2;
    this.fill(0, from ?? positions, 2);
    this.fill(1, positions, 2);
  }

  setColors({ index, palette }: Coloring): void {
    const { gl } = this;
    this.fill(2, index, 1);
    gl.bindTexture(gl.TEXTURE_2D, this.palette);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, palette);
  }

  setMarks(marks: Uint8Array | null): void {
    this.marked = marks !== null;
    if (marks) this.fill(3, marks, 1);
    else {
      this.gl.disableVertexAttribArray(3);
      this.gl.vertexAttrib1f(3, 1);
    }
  }

  draw(camera: Camera, screen: Screen, style: PointStyle, way: number, count: number): void {
    const { gl, at } = this;
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform2f(at.middle, camera.x, camera.y);
    gl.uniform2f(at.scale, (2 * camera.scale) / screen.width, (2 * camera.scale) / screen.height);
    gl.uniform1f(at.way, way);
    const drawn = Math.min(count, this.count);
    this.pass(style.size * style.density, this.marked ? style.faded : 1, 0, drawn);
    if (this.marked) this.pass((style.size + 1) * style.density, 1, 1, drawn);
  }

  private pass(size: number, faded: number, only: number, count: number): void {
    const { gl, at } = this;
    gl.uniform1f(at.size, size);
    gl.uniform1f(at.radius, size / 2);
    gl.uniform1f(at.faded, faded);
    gl.uniform1f(at.only, only);
    gl.drawArrays(gl.POINTS, 0, count);
  }

  destroy(): void {
    this.buffers.forEach((buffer) => this.gl.deleteBuffer(buffer));
    this.gl.deleteTexture(this.palette);
    this.gl.deleteProgram(this.program);
  }
}
