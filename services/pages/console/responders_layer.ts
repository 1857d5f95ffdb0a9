// Thousands of responders, gliding from fix to fix, on a canvas of their own above the map.
//
// The map below is drawn again only when it moves: drawing all roads anew for each step of a glide
// takes a software renderer, which is all that many wall screens have, a quarter of a second. Signs
// are drawn once for each kind and state and copied from there.

import type { Map as LibreMap } from "maplibre-gl";
import type { Picture } from "./api_types";
import { colourOn, KIND_LOOKS, type Look, OTHER_LOOK } from "./kind_looks";
import { drawSign, SIGN_PX } from "./signs";

/** How long somebody glides to their new place: as long as it takes until the next picture. */
const GLIDE_MS = 3_000;
/** Shortest time between two steps of a glide: 25 a second look smooth, more warm the room. */
const STEP_MS = 36;
/** Farther than this nobody has moved in between: they are put there at once. */
const FARTHEST_GLIDE = 5_000 / 40_075_017;
/** Pixels within which a click means somebody. */
const REACH_PX = 12;
const TILE_PX = 512;

interface Crowd {
  picture: Picture;
  /** Places in the picture, in the order in which they are drawn. */
  order: Int32Array;
  /** Web Mercator 0..1 of each place in the picture, at the beginning and the end of the glide. */
  from: Float64Array;
  to: Float64Array;
  place: Map<string, number>;
}

export class RespondersLayer {
  private readonly canvas = document.createElement("canvas");
  private readonly context: CanvasRenderingContext2D;
  private readonly signs = new Map<string, HTMLCanvasElement>();
  private crowd: Crowd | null = null;
  private begunMs = 0;
  private drawnMs = 0;
  private asked = 0;
  /** Pictures that were drawn, for whoever measures. */
  frames = 0;

  constructor(
    private readonly map: LibreMap,
    private dark: boolean,
  ) {
    this.canvas.className = "responders";
    this.canvas.ariaHidden = "true"; // the legend counts them, the queue names them
    this.context = this.canvas.getContext("2d") as CanvasRenderingContext2D;
    map.getCanvas().after(this.canvas);
    map.on("render", this.drawNow);
  }

  remove(): void {
    cancelAnimationFrame(this.asked);
    this.map.off("render", this.drawNow);
    this.canvas.remove();
  }

  setDark(dark: boolean): void {
    this.dark = dark;
    this.signs.clear();
    this.drawNow();
  }

  /** Everybody glides from where they are drawn now to where they are in this picture. */
  show(picture: Picture | null): void {
    this.crowd = picture === null ? null : this.moved(picture);
    this.begunMs = performance.now();
    this.drawNow();
  }

  /** Whose sign is drawn at a point of the map; their place in the picture, or -1. */
  at(x: number, y: number): number {
    const crowd = this.crowd;
    if (crowd === null) return -1;
    const share = this.share();
    const view = this.view();
    let best = -1;
    let nearest = REACH_PX;
    for (const row of crowd.order) {
      const [signX, signY] = view(crowd, row, share);
      const away = Math.hypot(signX - x, signY - y);
      if (away <= nearest) [nearest, best] = [away, row];
    }
    return best;
  }

  private moved(picture: Picture): Crowd {
    const count = picture.id.length;
    const [from, to] = [new Float64Array(2 * count), new Float64Array(2 * count)];
    const place = new Map<string, number>();
    const [old, share] = [this.crowd, this.share()];
    for (let row = 0; row < count; row += 1) {
      const sine = Math.sin(((picture.lat[row] as number) * Math.PI) / 180);
      const x = ((picture.lon[row] as number) + 180) / 360;
      const y = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
      const key = `${picture.jurisdiction[row]}\n${picture.id[row]}`;
      let [fromX, fromY] = [x, y];
      const before = old?.place.get(key);
      if (old && before !== undefined) {
        const [drawnX, drawnY] = between(old, before, share);
        if (Math.hypot(drawnX - x, drawnY - y) < FARTHEST_GLIDE) [fromX, fromY] = [drawnX, drawnY];
      }
      from.set([fromX, fromY], 2 * row);
      to.set([x, y], 2 * row);
      place.set(key, row);
    }
    // Riders first: whoever is drawn later lies on top, and the kinds begin with the police.
    const order = Int32Array.from(picture.kind.keys());
    order.sort((a, b) => (picture.kind[b] as number) - (picture.kind[a] as number));
    return { picture, order, from, to, place };
  }

  private readonly drawNow = (): void => {
    cancelAnimationFrame(this.asked);
    this.draw();
  };

  private draw(): void {
    const ratio = globalThis.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.map.getCanvas();
    if (this.canvas.width !== width * ratio || this.canvas.height !== height * ratio) {
      this.canvas.width = width * ratio;
      this.canvas.height = height * ratio;
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.context.clearRect(0, 0, width, height);
    this.frames += 1;
    this.drawnMs = performance.now();
    const crowd = this.crowd;
    if (crowd === null) return;
    const share = this.share();
    const view = this.view();
    const scale = Math.min(1, Math.max(0.45, 0.45 + (this.map.getZoom() - 9) * 0.11));
    const { kind, status, kinds } = crowd.picture;
    for (const row of crowd.order) {
      const [x, y] = view(crowd, row, share);
      if (x < -SIGN_PX || y < -SIGN_PX || x > width + SIGN_PX || y > height + SIGN_PX) continue;
      const look = KIND_LOOKS[kinds[kind[row] as number] ?? ""] ?? OTHER_LOOK;
      const size = SIGN_PX * scale * sizeOf(look, status[row] as number);
      const sign = this.sign(look, status[row] as number, ratio);
      this.context.drawImage(sign, x - size / 2, y - size / 2, size, size);
    }
    if (share < 1) this.step();
  }

  /** Draws again when the next step of the glide is due. */
  private step(): void {
    this.asked = requestAnimationFrame(() => {
      if (performance.now() - this.drawnMs < STEP_MS) this.step();
      else this.draw();
    });
  }

  /** From a place in the crowd to pixels; the map is neither turned nor tilted. */
  private view(): (crowd: Crowd, row: number, share: number) => [number, number] {
    const centre = this.map.getCenter();
    const world = TILE_PX * 2 ** this.map.getZoom();
    const sine = Math.sin((centre.lat * Math.PI) / 180);
    const middleX = (centre.lng + 180) / 360;
    const middleY = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
    const { clientWidth, clientHeight } = this.map.getCanvas();
    return (crowd, row, share) => {
      const [x, y] = between(crowd, row, share);
      return [(x - middleX) * world + clientWidth / 2, (y - middleY) * world + clientHeight / 2];
    };
  }

  private sign(look: Look, status: number, ratio: number): HTMLCanvasElement {
    const key = `${look.shape} ${look.colour.join()} ${status} ${ratio}`;
    let sign = this.signs.get(key);
    if (sign === undefined) {
      sign = drawSign(look.shape, colourOn(this.dark, look), status, this.dark, ratio);
      this.signs.set(key, sign);
    }
    return sign;
  }

  private share(): number {
    return Math.min(1, (performance.now() - this.begunMs) / GLIDE_MS);
  }
}

function between(crowd: Crowd, row: number, share: number): [number, number] {
  const [fromX, fromY] = [crowd.from[2 * row] as number, crowd.from[2 * row + 1] as number];
  const [toX, toY] = [crowd.to[2 * row] as number, crowd.to[2 * row + 1] as number];
  return [fromX + (toX - fromX) * share, fromY + (toY - fromY) * share];
}

/** Police stand out from crowds, and whoever is on a mission from everybody. */
function sizeOf(look: Look, status: number): number {
  const important = look.shape === 0 ? 1.3 : look.shape === 2 ? 0.85 : 1;
  return important * (status === 1 || status === 2 ? 1.35 : 1);
}
