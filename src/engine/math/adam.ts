/** The moments of one parameter array and the number of updates behind them. */
export interface AdamState {
  first: Float32Array;
  second: Float32Array;
  steps: number;
}

export interface AdamOptions {
  learningRate: number;
  /** decoupled (Loshchilov & Hutter 2019): parameters shrink by learningRate * weightDecay before the update; default 0 */
  weightDecay?: number;
  /** default 0.9 */
  beta1?: number;
  /** default 0.999 */
  beta2?: number;
  /** default 1e-8 */
  epsilon?: number;
}

export function createAdamState(size: number): AdamState {
  return { first: new Float32Array(size), second: new Float32Array(size), steps: 0 };
}

/** One update of `parameters` in place (Kingma & Ba 2015, algorithm 1, with bias correction). All arrays have one length. */
export function adamStep(
  parameters: Float32Array,
  gradient: Float32Array,
  state: AdamState,
  { learningRate, weightDecay = 0, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions,
): void {
  const { first, second } = state;
  const steps = ++state.steps;
  const correction1 = 1 - beta1 ** steps;
  const correction2 = 1 - beta2 ** steps;
  const shrink = 1 - learningRate * weightDecay;
  for (let i = 0; i < parameters.length; i++) {
    const g = gradient[i];
    first[i] = beta1 * first[i] + (1 - beta1) * g;
    second[i] = beta2 * second[i] + (1 - beta2) * g * g;
    const update = first[i] / correction1 / (Math.sqrt(second[i] / correction2) + epsilon);
    parameters[i] = shrink * parameters[i] - learningRate * update;
  }
}

/** Learning rate of update `step` (from 0) of `steps`: half a cosine from `initial` down to 0 (Loshchilov & Hutter 2017, no restarts). */
export function cosineDecay(initial: number, step: number, steps: number): number {
  return steps <= 0 ? initial : 0.5 * initial * (1 + Math.cos((Math.PI * Math.min(step, steps)) / steps));
}
