/** Pixels from one line of a hatching to the next. */
const STEP = 7;

/** Hatches a part of a plot about which nothing can be said. */
export function paintHatch(context: CanvasRenderingContext2D, left: number, right: number, height: number): void {
  if (right <= left) return;
  context.save();
  context.beginPath();
  context.rect(left, 0, right - left, height);
  context.clip();
  context.strokeStyle = getComputedStyle(context.canvas).color;
  context.globalAlpha = 0.3;
  context.lineWidth = 1;
  context.beginPath();
  for (let x = left - height; x < right; x += STEP) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.stroke();
  context.restore();
}
