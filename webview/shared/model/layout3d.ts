/** A rotation as a 3 x 3 matrix, row-major. */
export type Rotation = readonly number[];

/** Looking slightly from above and from the side, so that depth is visible before anyone turns the cloud. */
export const INITIAL_ROTATION: Rotation = multiply(aboutX(-0.45), aboutY(0.6));

function aboutX(angle: number): Rotation {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [1, 0, 0, 0, c, -s, 0, s, c];
}

function aboutY(angle: number): Rotation {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  return [c, 0, s, 0, 1, 0, -s, 0, c];
}

function multiply(a: Rotation, b: Rotation): Rotation {
  const product: number[] = [];
  for (let row = 0; row < 3; row++)
    for (let column = 0; column < 3; column++)
      product.push(a[3 * row] * b[column] + a[3 * row + 1] * b[3 + column] + a[3 * row + 2] * b[6 + column]);
  return product;
}

/** Turns the cloud as the hand does that drags its front: `dx` to the right, `dy` downwards, radians. */
export function rotate(rotation: Rotation, dx: number, dy: number): Rotation {
  return orthonormal(multiply(multiply(aboutX(dy), aboutY(dx)), rotation));
}

/** Removes the rounding that many small turns add up to. */
function orthonormal(matrix: Rotation): Rotation {
  const [x, y] = [matrix.slice(0, 3), matrix.slice(3, 6)];
  const scaled = (v: number[]) => {
    const length = Math.hypot(...v);
    return v.map((c) => c / length);
  };
  const first = scaled(x);
  const along = first[0] * y[0] + first[1] * y[1] + first[2] * y[2];
  const second = scaled(y.map((c, i) => c - along * first[i]));
  const third = [
    first[1] * second[2] - first[2] * second[1],
    first[2] * second[0] - first[0] * second[2],
    first[0] * second[1] - first[1] * second[0],
  ];
  return [...first, ...second, ...third];
}

/**
 * Orthographic projection of points, packed [n * 3]: x to the right, y downwards, depth towards the viewer, in the units of the points.
 */
export function project(
  points: ArrayLike<number>,
  rotation: Rotation,
  xs: Float64Array,
  ys: Float64Array,
  depths: Float64Array,
): void {
  for (let i = 0; 3 * i < points.length; i++) {
    const [a, b, c] = [points[3 * i], points[3 * i + 1], points[3 * i + 2]];
    xs[i] = rotation[0] * a + rotation[1] * b + rotation[2] * c;
    ys[i] = -(rotation[3] * a + rotation[4] * b + rotation[5] * c);
    depths[i] = rotation[6] * a + rotation[7] * b + rotation[8] * c;
  }
}
