import { project, type Rotation } from '../shared/model/layout3d';

/** Pixels between the farthest point and the edge of the plot. */
const PADDING = 16;

interface View {
  dimensions: 2 | 3;
  /** greatest distance of a point from the middle */
  reach: number;
  rotation: Rotation;
}

/** Where every point of a cloud stands in its plot, pixels. */
export class PlacedPoints {
  xs = new Float64Array(0);
  ys = new Float64Array(0);
  /** all points, nearer ones later */
  order: number[] = [];
  #depths = new Float64Array(0);

  /** @param coordinates packed [n * dimensions] */
  place(coordinates: Float64Array, { dimensions, reach, rotation }: View, width: number, height: number): void {
    const count = coordinates.length / dimensions;
    if (this.xs.length !== count) {
      this.xs = new Float64Array(count);
      this.ys = new Float64Array(count);
      this.#depths = new Float64Array(count);
      this.order = Array.from({ length: count }, (_, i) => i);
    }
    const scale = (Math.min(width, height) / 2 - PADDING) / (reach || 1);
    const { xs, ys } = this;
    const depths = this.#depths;
    if (dimensions === 3) {
      project(coordinates, rotation, xs, ys, depths);
      this.order.sort((a, b) => depths[a] - depths[b]);
    } else
      for (let i = 0; i < count; i++) {
        xs[i] = coordinates[2 * i];
        ys[i] = -coordinates[2 * i + 1];
      }
    for (let i = 0; i < count; i++) {
      xs[i] = width / 2 + scale * xs[i];
      ys[i] = height / 2 + scale * ys[i];
    }
  }

  /** The nearest shown point in a direction, within a quarter turn of it; the present one when there is none. */
  neighbor(
    { hovered, hidden }: { hovered: number; hidden: ArrayLike<number> },
    dx: number,
    dy: number,
    { width, height }: { width: number; height: number },
  ): number {
    const { xs, ys } = this;
    const isOne = hovered >= 0 && hovered < xs.length;
    const from = isOne ? { x: xs[hovered], y: ys[hovered] } : { x: width / 2, y: height / 2 };
    let best = hovered;
    let least = Infinity;
    for (let i = 0; i < xs.length; i++) {
      if (i === hovered || hidden[i]) continue;
      const along = (xs[i] - from.x) * dx + (ys[i] - from.y) * dy;
      const across = Math.abs((xs[i] - from.x) * dy) + Math.abs((ys[i] - from.y) * dx);
      if (along <= 0.5 || across > along) continue;
      const distance = along + 2 * across;
      if (distance < least) {
        least = distance;
        best = i;
      }
    }
    return best;
  }
}
