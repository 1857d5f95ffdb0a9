// Thousands of responders, gliding from fix to fix: two buffers for the graphics card, filled when a
// new picture comes. In between nothing is computed here but the share of the way that has passed.

import type { CustomLayerInterface, CustomRenderMethodInput, Map as LibreMap } from "maplibre-gl";
import { MercatorCoordinate } from "maplibre-gl";
import type { Picture } from "./api_types";
import { colourOn, KIND_LOOKS, OTHER_LOOK } from "./kind_looks";

/** How long somebody glides to their new place: as long as it takes until the next picture. */
const GLIDE_MS = 3_000;
/** Farther than this nobody has moved in between: they are put there at once. */
const FARTHEST_GLIDE = 5_000 / 40_075_017;
const FLOATS = 7;
/** Kinds that the shader has colours for. */
const MOST_KINDS = 12;
/** Pixels within which a click means somebody. */
const REACH_PX = 12;

const VERTEX = `#version 300 es
in vec2 a_from;
in vec2 a_to;
in vec3 a_look; // shape, kind's place in the colours, status
uniform mat4 u_matrix;
uniform float u_share;
uniform float u_size;
uniform vec3 u_colours[${MOST_KINDS}];
out vec3 v_colour;
flat out int v_shape;
flat out int v_status;
void main() {
  gl_Position = u_matrix * vec4(mix(a_from, a_to, u_share), 0.0, 1.0);
  float size = a_look.x == 0.0 ? 1.35 : a_look.x == 2.0 ? 0.85 : 1.0; // police before crowds
  gl_PointSize = u_size * size * (a_look.z >= 1.0 && a_look.z <= 2.0 ? 1.35 : 1.0);
  v_colour = u_colours[int(a_look.y)];
  v_shape = int(a_look.x);
  v_status = int(a_look.z);
}`;

// The distance to a shape's border, negative inside, on a square of -1..1, y upwards.
const FRAGMENT = `#version 300 es
precision mediump float;
in vec3 v_colour;
flat in int v_shape;
flat in int v_status;
uniform vec3 u_rim;
out vec4 colour;
float star(vec2 p) {
  // Every fifth of a turn looks alike, and mirrored: one edge, from a tip to a notch, is enough.
  const float part = 1.2566371;
  float turn = atan(p.x, p.y);
  float off = abs(mod(turn + part * 0.5, part) - part * 0.5);
  vec2 folded = length(p) * vec2(cos(off), sin(off));
  vec2 tip = vec2(0.86, 0.0);
  vec2 notch = 0.42 * vec2(cos(part * 0.5), sin(part * 0.5));
  vec2 edge = normalize(notch - tip);
  return dot(folded - tip, vec2(edge.y, -edge.x));
}
float border(vec2 p) {
  if (v_shape == 0) return star(p);
  if (v_shape == 1) return max(abs(p.x), abs(p.y)) - 0.6;
  if (v_shape == 2) return max(abs(p.x) * 0.87 + p.y * 0.5, -p.y) - 0.42;
  if (v_shape == 4) return max(abs(p.x) * 0.87 + abs(p.y) * 0.5, abs(p.y)) - 0.66;
  if (v_shape == 5) return max(min(abs(p.x), abs(p.y)) - 0.26, max(abs(p.x), abs(p.y)) - 0.75);
  return length(p) - 0.62;
}
void main() {
  vec2 p = vec2(gl_PointCoord.x * 2.0 - 1.0, 1.0 - gl_PointCoord.y * 2.0);
  float d = border(p);
  if (d > 0.24) discard;
  float inside = 1.0 - smoothstep(-0.06, 0.06, d);
  float rim = 1.0 - smoothstep(0.14, 0.24, d);
  vec3 fill = v_colour;
  if (v_status == 3 || v_status == 4) { // busy or off duty: hollow
    float core = 1.0 - smoothstep(-0.34, -0.24, d);
    fill = mix(v_colour, u_rim, core);
  }
  float strength = v_status == 4 ? 0.45 : 1.0;
  colour = vec4(mix(u_rim, fill, inside), rim * strength);
  colour.rgb *= colour.a;
}`;

export class RespondersLayer implements CustomLayerInterface {
  readonly id = "responders";
  readonly type = "custom";
  private map: LibreMap | null = null;
  private gl: WebGL2RenderingContext | null = null;
  private program: WebGLProgram | null = null;
  private buffer: WebGLBuffer | null = null;
  private array: WebGLVertexArrayObject | null = null;
  private places = new Map<string, number>();
  private vertices = new Float32Array(0);
  private count = 0;
  private picture: Picture | null = null;
  private origin: [number, number] = [0, 0];
  private begunMs = 0;
  private stale = true;
  /** Frames that were drawn, for whoever measures. */
  frames = 0;

  constructor(private dark: boolean) {}

  setDark(dark: boolean): void {
    this.dark = dark;
    this.map?.triggerRepaint();
  }

  /** Everybody glides from where they are drawn now to where they are in this picture. */
  show(picture: Picture | null): void {
    const share = this.share();
    const old = this.vertices;
    const oldPlaces = this.places;
    const count = picture?.id.length ?? 0;
    if (picture !== null && this.picture === null && count > 0) {
      // Numbers of the graphics card have 24 bits: near the origin they are fine enough.
      const origin = MercatorCoordinate.fromLngLat([picture.lon[0] ?? 0, picture.lat[0] ?? 0]);
      this.origin = [origin.x, origin.y];
    }
    const vertices = new Float32Array(count * FLOATS);
    const places = new Map<string, number>();
    const kinds = picture?.kinds ?? [];
    const looks = kinds.map((kind) => KIND_LOOKS[kind] ?? OTHER_LOOK);
    const rows = [...Array(count).keys()];
    if (picture !== null) {
      // Riders first: whoever is drawn later lies on top, and the kinds begin with the police.
      rows.sort((a, b) => (picture.kind[b] as number) - (picture.kind[a] as number));
    }
    for (const [slot, i] of rows.entries()) {
      if (picture === null) break;
      const key = `${picture.jurisdiction[i]}\n${picture.id[i]}`;
      const lon = picture.lon[i] as number;
      const lat = picture.lat[i] as number;
      const x = (lon + 180) / 360 - this.origin[0];
      const sine = Math.sin((lat * Math.PI) / 180);
      const y = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI) - this.origin[1];
      let [fromX, fromY] = [x, y];
      const before = oldPlaces.get(key);
      if (before !== undefined) {
        const at = before * FLOATS;
        const [oldFromX, oldFromY] = [old[at] as number, old[at + 1] as number];
        const drawnX = oldFromX + ((old[at + 2] as number) - oldFromX) * share;
        const drawnY = oldFromY + ((old[at + 3] as number) - oldFromY) * share;
        if (Math.hypot(drawnX - x, drawnY - y) < FARTHEST_GLIDE) [fromX, fromY] = [drawnX, drawnY];
      }
      const kind = picture.kind[i] as number;
      const look = [(looks[kind] ?? OTHER_LOOK).shape, kind, picture.status[i] as number];
      vertices.set([fromX, fromY, x, y, ...look], slot * FLOATS);
      places.set(key, slot);
    }
    this.vertices = vertices;
    this.places = places;
    this.count = count;
    this.picture = picture;
    this.begunMs = performance.now();
    this.stale = true;
    this.map?.triggerRepaint();
  }

  /** Whose sign is drawn at a point of the map's canvas; their place in the picture, or -1. */
  at(x: number, y: number): number {
    const map = this.map;
    if (map === null || this.picture === null) return -1;
    let best = -1;
    let nearest = REACH_PX;
    for (let i = 0; i < this.count; i += 1) {
      const point = map.project([this.picture.lon[i] as number, this.picture.lat[i] as number]);
      const away = Math.hypot(point.x - x, point.y - y);
      if (away < nearest) [nearest, best] = [away, i];
    }
    return best;
  }

  onAdd(map: LibreMap, gl: WebGL2RenderingContext): void {
    this.map = map;
    this.gl = gl;
    const program = gl.createProgram() as WebGLProgram;
    for (const [kind, source] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, FRAGMENT],
    ] as const) {
      const shader = gl.createShader(kind) as WebGLShader;
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) {
        throw new Error(gl.getShaderInfoLog(shader) ?? "shader");
      }
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    this.program = program;
    this.buffer = gl.createBuffer();
    this.array = gl.createVertexArray();
    gl.bindVertexArray(this.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    const stride = FLOATS * 4;
    for (const [name, size, offset] of [
      ["a_from", 2, 0],
      ["a_to", 2, 8],
      ["a_look", 3, 16],
    ] as const) {
      const place = gl.getAttribLocation(program, name);
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, size, gl.FLOAT, false, stride, offset);
    }
    gl.bindVertexArray(null);
    this.stale = true;
  }

  onRemove(): void {
    const gl = this.gl;
    if (gl !== null) {
      gl.deleteProgram(this.program);
      gl.deleteBuffer(this.buffer);
      gl.deleteVertexArray(this.array);
    }
    this.gl = null;
    this.map = null;
  }

  render(gl: WebGL2RenderingContext, input: CustomRenderMethodInput): void {
    this.frames += 1;
    if (this.count === 0 || this.program === null) return;
    const share = this.share();
    gl.useProgram(this.program);
    gl.bindVertexArray(this.array);
    if (this.stale) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
      gl.bufferData(gl.ARRAY_BUFFER, this.vertices, gl.DYNAMIC_DRAW);
      this.stale = false;
    }
    const uniform = (name: string) => gl.getUniformLocation(this.program as WebGLProgram, name);
    gl.uniformMatrix4fv(uniform("u_matrix"), false, this.movedMatrix(input));
    gl.uniform1f(uniform("u_share"), share);
    const zoom = this.map?.getZoom() ?? 10;
    const sizePx = Math.min(20, Math.max(7, 7 + (zoom - 9) * 1.9));
    gl.uniform1f(uniform("u_size"), sizePx * (globalThis.devicePixelRatio || 1));
    gl.uniform3fv(uniform("u_colours"), this.colours());
    gl.uniform3fv(uniform("u_rim"), this.dark ? [0.05, 0.08, 0.11] : [1, 1, 1]);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.disable(gl.DEPTH_TEST);
    gl.drawArrays(gl.POINTS, 0, this.count);
    gl.bindVertexArray(null);
    if (share < 1) this.map?.triggerRepaint();
  }

  private share(): number {
    return Math.min(1, (performance.now() - this.begunMs) / GLIDE_MS);
  }

  private colours(): number[] {
    return (this.picture?.kinds ?? [])
      .slice(0, MOST_KINDS)
      .flatMap((kind) => colourOn(this.dark, KIND_LOOKS[kind] ?? OTHER_LOOK));
  }

  /** The map's matrix for coordinates that are told from the origin. */
  private movedMatrix(input: CustomRenderMethodInput): Float32Array {
    const matrix = Float64Array.from(input.defaultProjectionData.mainMatrix as ArrayLike<number>);
    const [x, y] = this.origin;
    for (let row = 0; row < 4; row += 1) {
      matrix[12 + row] =
        (matrix[12 + row] as number) +
        (matrix[row] as number) * x +
        (matrix[4 + row] as number) * y;
    }
    return Float32Array.from(matrix);
  }
}
