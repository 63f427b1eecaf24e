// Measures the audio level and derives warnings during a recording.

const MEASURE_MS = 50;
const START_TIMEOUT_MS = 2000;
export const SILENT_DB = -50;
export const QUIET_DB = -36;
const FULL_SCALE = 0.98;
const FLAT_TOLERANCE = 1e-5;
const FLAT_SAMPLES = 4;

/**
 * Measures a stream 20 times a second: `onLevel({rmsDb, clipped})`, dB relative to full scale.
 * Without an audio output Firefox never starts an AudioContext: nothing is measured then.
 */
export class LevelMeter {
  constructor(stream, onLevel) {
    const analyser = this.#createAnalyser(stream);
    if (!analyser) return;
    const samples = new Float32Array(analyser.fftSize);
    this.timer = setInterval(() => {
      if (!this.running) return;
      analyser.getFloatTimeDomainData(samples);
      onLevel(measure(samples));
    }, MEASURE_MS);
  }

  /**
   * Firefox connects a microphone only to a context of the same sample rate. Null if that fails too:
   * recording works without a meter.
   */
  #createAnalyser(stream) {
    const sampleRate = stream.getAudioTracks()[0]?.getSettings().sampleRate;
    for (const options of [{}, { sampleRate }]) {
      try {
        this.context = new AudioContext(options);
        this.context.resume().catch(() => {});
        const analyser = this.context.createAnalyser();
        analyser.fftSize = 4096;
        this.context.createMediaStreamSource(stream).connect(analyser);
        return analyser;
      } catch {
        this.context?.close().catch(() => {});
        this.context = null;
      }
    }
    return null;
  }

  get running() {
    return this.context?.state === "running";
  }

  /** Resolves to whether the level can be measured. */
  async started() {
    for (const deadline = performance.now() + START_TIMEOUT_MS; !this.running && performance.now() < deadline;) {
      await new Promise((resolve) => setTimeout(resolve, MEASURE_MS));
    }
    return this.running;
  }

  stop() {
    clearInterval(this.timer);
    this.context?.close().catch(() => {});
  }
}

export function measure(samples) {
  let sumOfSquares = 0;
  for (const sample of samples) sumOfSquares += sample * sample;
  const rms = Math.sqrt(sumOfSquares / samples.length);
  return { rmsDb: rms > 1e-5 ? 20 * Math.log10(rms) : -100, clipped: isClipped(samples) };
}

/**
 * Whether peaks are clipped: several equal neighbouring samples at full scale. High peaks alone
 * aren't clipping, since the browser's gain control puts them there.
 */
function isClipped(samples) {
  let flatCount = 1;
  for (let n = 1; n < samples.length; n += 1) {
    const isFlat = Math.abs(samples[n]) >= FULL_SCALE && Math.abs(samples[n] - samples[n - 1]) < FLAT_TOLERANCE;
    flatCount = isFlat ? flatCount + 1 : 1;
    if (flatCount >= FLAT_SAMPLES) return true;
  }
  return false;
}

/** Derives the current warning from the levels over time. */
export class LevelMonitor {
  #lastAudibleAt = null;
  #levels = [];
  #clippedAt = [];

  /** `now` in ms; returns "silent", "quiet", "loud" or null. */
  update(now, { rmsDb, clipped }) {
    this.#lastAudibleAt ??= now;
    if (rmsDb > SILENT_DB) this.#lastAudibleAt = now;
    if (clipped) this.#clippedAt.push(now);
    this.#levels.push([now, rmsDb]);
    while (this.#levels.length && this.#levels[0][0] < now - 5000) this.#levels.shift();
    while (this.#clippedAt.length && this.#clippedAt[0] < now - 3000) this.#clippedAt.shift();
    if (now - this.#lastAudibleAt >= 8000) return "silent";
    if (this.#clippedAt.length >= 3) return "loud";
    return this.#isQuiet(now) ? "quiet" : null;
  }

  /** Whether there is speech in the last five seconds whose peak level is low. */
  #isQuiet(now) {
    if (!this.#levels.length || now - this.#levels[0][0] < 4800) return false;
    const loudest = Math.max(...this.#levels.map(([, db]) => db));
    return loudest > SILENT_DB && loudest < QUIET_DB;
  }
}

/** Draw a level: -60 dB is an empty bar, 0 dB a full one. */
export function drawLevel(bar, db) {
  const fraction = Math.max(0, Math.min(1, (db + 60) / 60));
  bar.style.setProperty("--level", fraction.toFixed(3));
  bar.classList.toggle("annotate-hot", db > -6);
}
