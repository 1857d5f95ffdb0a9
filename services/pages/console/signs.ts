// A responder's sign: the shape of the kind, filled by the state. The map and the legend draw the same.

/** Side of a sign's square at full size. */
export const SIGN_PX = 18;
/** Side of the square in which the outlines are drawn. */
const OUTLINE_SIDE = 20;

/** Outlines by the shape's number: star, square, triangle, circle, hexagon, cross. */
export const OUTLINES = [
  "M10 1l2.7 5.9 6.3.7-4.7 4.3 1.3 6.3L10 15l-5.6 3.2 1.3-6.3L1 7.6l6.3-.7z",
  "M3 3h14v14H3z",
  "M10 2l8.5 15h-17z",
  "M10 2a8 8 0 1 0 .001 0z",
  "M10 1.5l7.5 4.25v8.5L10 18.5l-7.5-4.25v-8.5z",
  "M7.3 1.5h5.4v5.8h5.8v5.4h-5.8v5.8H7.3v-5.8H1.5V7.3h5.8z",
];

const BUSY = 3;
const OFF_DUTY = 4;

/** The colour as CSS has it. */
export function css(colour: readonly number[]): string {
  return `rgb(${colour.map((part) => Math.round(part * 255)).join(" ")})`;
}

/** The sign on a small canvas: filled, hollow for who is busy, faint for who is off duty. */
export function drawSign(
  shape: number,
  colour: readonly number[],
  status: number,
  dark: boolean,
  ratio: number,
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  // Twice as fine as it is drawn mostly: those on a mission are larger.
  canvas.width = canvas.height = Math.ceil(SIGN_PX * 2 * ratio);
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  const rim = dark ? "#0d141a" : "#ffffff";
  const room = OUTLINE_SIDE + 4;
  context.scale(canvas.width / room, canvas.width / room);
  context.translate(2, 2);
  const outline = new Path2D(OUTLINES[shape] ?? OUTLINES[3]);
  context.globalAlpha = status === OFF_DUTY ? 0.5 : 1;
  context.lineJoin = "round";
  context.strokeStyle = rim;
  context.lineWidth = 4;
  context.stroke(outline);
  context.fillStyle = status === BUSY || status === OFF_DUTY ? rim : css(colour);
  context.fill(outline);
  if (status === BUSY || status === OFF_DUTY) {
    context.strokeStyle = css(colour);
    context.lineWidth = 2.5;
    context.stroke(outline);
  }
  return canvas;
}
