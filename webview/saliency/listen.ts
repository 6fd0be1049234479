/** Plays one clip through the speakers of the person's machine, also when VS Code runs elsewhere. */
export class ClipPlayer {
  #context: AudioContext | null = null;
  #source: AudioBufferSourceNode | null = null;
  #frame = 0;

  /** @param onTime told the seconds played while it plays, null when it ends */
  constructor(private readonly onTime: (seconds: number | null) => void) {}

  get playing(): boolean {
    return this.#source !== null;
  }

  /**
   * Plays from the start, normalized to nine tenths of the full scale.
   * @returns false when the browser wants a click first
   */
  async play(samples: ArrayLike<number>, sampleRate: number): Promise<boolean> {
    this.stop();
    this.#context ??= new AudioContext({ sampleRate });
    const context = this.#context;
    if (context.state === 'suspended') {
      // Without a click of the person before, resume never settles.
      await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, 300))]);
      if (context.state !== ('running' as AudioContextState)) return false;
    }
    const buffer = context.createBuffer(1, samples.length, sampleRate);
    buffer.copyToChannel(normalized(samples), 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    const begin = context.currentTime;
    source.onended = () => this.#ended(source);
    source.start();
    this.#source = source;
    const tick = (): void => {
      if (this.#source !== source) return;
      this.onTime(context.currentTime - begin);
      this.#frame = requestAnimationFrame(tick);
    };
    tick();
    return true;
  }

  stop(): void {
    const source = this.#source;
    if (!source) return;
    source.stop();
    this.#ended(source);
  }

  #ended(source: AudioBufferSourceNode): void {
    if (this.#source !== source) return;
    this.#source = null;
    cancelAnimationFrame(this.#frame);
    this.onTime(null);
  }
}

/** Without its mean, with its peak at 0.9, and the first and last 5 ms faded so that it does not click. */
function normalized(samples: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const sound = Float32Array.from(samples);
  let mean = 0;
  for (const value of sound) mean += value / sound.length;
  let peak = 0;
  for (let i = 0; i < sound.length; i++) {
    sound[i] = Number.isFinite(sound[i]) ? sound[i] - mean : 0;
    peak = Math.max(peak, Math.abs(sound[i]));
  }
  const gain = peak > 0 ? 0.9 / peak : 0;
  const fade = Math.min(80, Math.floor(sound.length / 2));
  for (let i = 0; i < sound.length; i++) {
    const edge = Math.min(1, (i + 1) / fade, (sound.length - i) / fade);
    sound[i] *= gain * edge;
  }
  return sound;
}
