/** z of a two-sided interval of 95 %. */
const Z = 1.959964;

/** The 95 % interval (Wilson 1927) of a share that was found among `n` > 0 independent cases. */
export function wilsonInterval(share: number, n: number): [low: number, high: number] {
  const middle = (share + Z ** 2 / (2 * n)) / (1 + Z ** 2 / n);
  const reach = (Z * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2))) / (1 + Z ** 2 / n);
  return [Math.max(0, middle - reach), Math.min(1, middle + reach)];
}
