/**
 * The cheapest way to move one empirical distribution onto another: each of the m rows gives 1 / m, each of the n columns takes 1 / n
 * (Hitchcock's transportation problem), solved exactly. With m = n it is the assignment problem.
 *
 * In units of 1 / lcm(m, n) all masses are whole numbers, so that nothing is lost by rounding. Mass goes along shortest augmenting
 * paths with respect to reduced costs (Jonker & Volgenant 1987 for assignments; the same for flows in Ahuja, Magnanti & Orlin 1993,
 * section 9.7), which are found by Dijkstra's algorithm without a heap, since every row reaches every column.
 * @param costs [m * n], row-major, finite and 0 or more
 * @returns the least mean cost
 */
export function cheapestTransport(costs: Float64Array, m: number, n: number): number {
  // The longer side gives, since a search looks for the nearest of all columns at every step.
  if (m < n) return cheapestTransport(transposed(costs, m, n), n, m);
  const units = leastCommonMultiple(m, n);
  return new Transport(costs, m, n, units / m, units / n).solve() / units;
}

class Transport {
  /** duals: cost - rowPrice - columnPrice is 0 or more, and 0 wherever mass flows */
  readonly #rowPrice: Float64Array;
  readonly #columnPrice: Float64Array;
  /** mass that has not left its row, and that has not arrived at its column */
  readonly #left: Int32Array;
  readonly #open: Int32Array;
  /** what each column takes from whom: row -> mass */
  readonly #taken: Map<number, number>[];

  /** @param gives mass of each row; @param takes mass of each column */
  constructor(
    private readonly costs: Float64Array,
    private readonly m: number,
    private readonly n: number,
    gives: number,
    takes: number,
  ) {
    this.#rowPrice = new Float64Array(m);
    this.#columnPrice = new Float64Array(n).fill(Infinity);
    this.#left = new Int32Array(m).fill(gives);
    this.#open = new Int32Array(n).fill(takes);
    this.#taken = Array.from({ length: n }, () => new Map<number, number>());
  }

  solve(): number {
    const { costs, m, n } = this;
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) if (costs[i * n + j] < this.#columnPrice[j]) this.#columnPrice[j] = costs[i * n + j];
    // Whatever a row can give at no reduced cost it gives at once.
    for (let j = 0; j < n; j++)
      for (let i = 0; i < m && this.#open[j] > 0; i++)
        if (this.#left[i] > 0 && costs[i * n + j] === this.#columnPrice[j]) this.#move(i, j, this.#capacity(i, j));
    const search = new Search(m, n);
    for (let i = 0; i < m; i++) while (this.#left[i] > 0) this.#augment(i, search);
    let total = 0;
    this.#taken.forEach((from, j) => from.forEach((mass, i) => (total += mass * costs[i * n + j])));
    return total;
  }

  #capacity(i: number, j: number): number {
    return Math.min(this.#left[i], this.#open[j]);
  }

  #move(i: number, j: number, mass: number): void {
    this.#left[i] -= mass;
    this.#open[j] -= mass;
    this.#add(i, j, mass);
  }

  #add(i: number, j: number, mass: number): void {
    const now = (this.#taken[j].get(i) ?? 0) + mass;
    if (now === 0) this.#taken[j].delete(i);
    else this.#taken[j].set(i, now);
  }

  /** Sends mass of a row to the nearest open column, on a path along which others give way. */
  #augment(source: number, search: Search): void {
    const { costs, n } = this;
    const { distance, before, rowDistance, rowBefore, done, columns, rows } = search;
    distance.fill(Infinity);
    rowDistance.fill(-1);
    done.fill(0);
    columns.length = 0;
    rows.length = 0;
    rowDistance[source] = 0;
    rowBefore[source] = -1;
    rows.push(source);
    let scanned = 0;
    let end = -1;
    let reach = 0;
    while (end < 0) {
      for (; scanned < rows.length; scanned++) {
        const i = rows[scanned];
        const base = rowDistance[i] - this.#rowPrice[i];
        for (let j = 0, at = i * n; j < n; j++, at++) {
          const d = base + costs[at] - this.#columnPrice[j];
          // What is settled stays: rounding must not make a circle of the paths.
          if (d < distance[j] && done[j] === 0) {
            distance[j] = d;
            before[j] = i;
          }
        }
      }
      let nearest = -1;
      let least = Infinity;
      for (let j = 0; j < n; j++)
        if (done[j] === 0 && distance[j] < least) {
          least = distance[j];
          nearest = j;
        }
      // Rounding may leave a reduced cost a hair below 0: no distance is less than one that is settled.
      reach = Math.max(reach, least);
      distance[nearest] = reach;
      done[nearest] = 1;
      columns.push(nearest);
      if (this.#open[nearest] > 0) end = nearest;
      else
        for (const i of this.#taken[nearest].keys())
          if (rowDistance[i] < 0) {
            rowDistance[i] = reach;
            rowBefore[i] = nearest;
            rows.push(i);
          }
    }
    for (const j of columns) this.#columnPrice[j] += distance[j] - reach;
    for (const i of rows) this.#rowPrice[i] += reach - rowDistance[i];

    let mass = Math.min(this.#left[source], this.#open[end]);
    for (let j = end; rowBefore[before[j]] >= 0; j = rowBefore[before[j]])
      mass = Math.min(mass, this.#taken[rowBefore[before[j]]].get(before[j])!);
    this.#left[source] -= mass;
    this.#open[end] -= mass;
    for (let j = end; j >= 0; j = rowBefore[before[j]]) {
      this.#add(before[j], j, mass);
      const gaveWay = rowBefore[before[j]];
      if (gaveWay >= 0) this.#add(before[j], gaveWay, -mass);
    }
  }
}

/** Working memory of the searches. */
class Search {
  /** of the columns: length of the shortest path so far, and the row before them on it */
  readonly distance: Float64Array;
  readonly before: Int32Array;
  /** of the rows: length of the path, -1 while they are not reached, and the column before them, -1 at the source */
  readonly rowDistance: Float64Array;
  readonly rowBefore: Int32Array;
  /** 1 for columns whose distance is final */
  readonly done: Uint8Array;
  /** columns and rows whose distance is final */
  readonly columns: number[] = [];
  readonly rows: number[] = [];

  constructor(m: number, n: number) {
    this.distance = new Float64Array(n);
    this.before = new Int32Array(n);
    this.rowDistance = new Float64Array(m);
    this.rowBefore = new Int32Array(m);
    this.done = new Uint8Array(n);
  }
}

function transposed(costs: Float64Array, m: number, n: number): Float64Array {
  const out = new Float64Array(costs.length);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) out[j * m + i] = costs[i * n + j];
  return out;
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
