/** A rectangle in the coordinates of a plot; corners in any order. */
export interface Rectangle {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** How a new brush joins the selection that is there. */
export type BrushMode = 'replace' | 'add' | 'remove';

/**
 * Which points are selected, shared by linked plots: the identity of a point is its index, so all plots show the same selection.
 * Hidden points (their class is switched off) are never selected.
 */
export class PointSelection {
  private readonly selected: Uint8Array;
  private count = 0;
  private base: Uint8Array | null = null;

  constructor(readonly size: number) {
    this.selected = new Uint8Array(size);
  }

  get empty(): boolean {
    return this.count === 0;
  }

  get total(): number {
    return this.count;
  }

  has(index: number): boolean {
    return this.selected[index] === 1;
  }

  indices(): number[] {
    const found: number[] = [];
    for (let i = 0; i < this.size; i++) if (this.selected[i]) found.push(i);
    return found;
  }

  clear(): void {
    this.selected.fill(0);
    this.count = 0;
    this.base = null;
  }

  set(indices: Iterable<number>): void {
    this.clear();
    for (const index of indices)
      if (index >= 0 && index < this.size && !this.selected[index]) {
        this.selected[index] = 1;
        this.count++;
      }
  }

  /** Call before the first `brush` of a drag: what is selected now is what the drag adds to or removes from. */
  begin(): void {
    this.base = this.selected.slice();
  }

  /**
   * @param xs plot coordinates of each point
   * @param hidden 1 for points that are not shown
   */
  brush(
    xs: ArrayLike<number>,
    ys: ArrayLike<number>,
    hidden: ArrayLike<number> | null,
    rectangle: Rectangle,
    mode: BrushMode,
  ): void {
    const left = Math.min(rectangle.x0, rectangle.x1);
    const right = Math.max(rectangle.x0, rectangle.x1);
    const top = Math.min(rectangle.y0, rectangle.y1);
    const bottom = Math.max(rectangle.y0, rectangle.y1);
    const base = this.base;
    let count = 0;
    for (let i = 0; i < this.size; i++) {
      const inside =
        xs[i] >= left && xs[i] <= right && ys[i] >= top && ys[i] <= bottom && !(hidden && hidden[i]) ? 1 : 0;
      const before = base ? base[i] : 0;
      const now = mode === 'replace' ? inside : mode === 'add' ? before | inside : before & (1 - inside);
      this.selected[i] = now;
      count += now;
    }
    this.count = count;
  }
}

/**
 * The shown point nearest to (x, y) within `reach`, or -1. Linear: a few thousand points take some microseconds.
 */
export function nearestPoint(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  hidden: ArrayLike<number> | null,
  x: number,
  y: number,
  reach: number,
): number {
  let best = -1;
  let least = reach * reach;
  for (let i = 0; i < xs.length; i++) {
    if (hidden && hidden[i]) continue;
    const distance = (xs[i] - x) ** 2 + (ys[i] - y) ** 2;
    if (distance <= least) {
      least = distance;
      best = i;
    }
  }
  return best;
}
