// Measures the audio level and derives warnings during a recording.

const EVERY_MS = 50;
const START_MS = 2000;
export const SILENT_DB = -50;
export const QUIET_DB = -36;
const FULL = 0.98;
const FLAT = 1e-5;
const FLAT_SAMPLES = 4;

/**
 * Measures a stream 20 times a second: `onLevel({rmsDb, clipped})`, dB relative to full scale.
 * Where there is no sound output Firefox never starts a context: nothing is measured then.
 */
export class Meter {
  constructor(stream, onLevel) {
    const analyser = this.#listen(stream);
    if (!analyser) return;
    const samples = new Float32Array(analyser.fftSize);
    this.timer = setInterval(() => {
      if (!this.works) return;
      analyser.getFloatTimeDomainData(samples);
      onLevel(measure(samples));
    }, EVERY_MS);
  }

  /** Firefox connects a microphone only to a context of its own rate; a recording needs no meter. */
  #listen(stream) {
    const own = stream.getAudioTracks()[0]?.getSettings().sampleRate;
    for (const options of [{}, { sampleRate: own }]) {
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

  get works() {
    return this.context?.state === "running";
  }

  /** Whether the level can be measured; resolves when this is known. */
  async started() {
    for (const until = performance.now() + START_MS; !this.works && performance.now() < until;) {
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    return this.works;
  }

  stop() {
    clearInterval(this.timer);
    this.context?.close().catch(() => {});
  }
}

export function measure(samples) {
  let squares = 0;
  for (const sample of samples) squares += sample * sample;
  const rms = Math.sqrt(squares / samples.length);
  return { rmsDb: rms > 1e-5 ? 20 * Math.log10(rms) : -100, clipped: hasFlatTop(samples) };
}

/**
 * Whether the tops are cut off: neighbours alike at full scale. Being loud alone is no distortion;
 * the browser's gain control keeps peaks there.
 */
function hasFlatTop(samples) {
  let flat = 1;
  for (let n = 1; n < samples.length; n += 1) {
    const level = Math.abs(samples[n]) >= FULL && Math.abs(samples[n] - samples[n - 1]) < FLAT;
    flat = level ? flat + 1 : 1;
    if (flat >= FLAT_SAMPLES) return true;
  }
  return false;
}

/** From levels over time to the one warning that matters now, or null. */
export class LevelMonitor {
  #heardAt = null;
  #levels = [];
  #clips = [];

  /** `now` in ms; returns "silent", "quiet", "loud" or null. */
  update(now, { rmsDb, clipped }) {
    this.#heardAt ??= now;
    if (rmsDb > SILENT_DB) this.#heardAt = now;
    if (clipped) this.#clips.push(now);
    this.#levels.push([now, rmsDb]);
    while (this.#levels.length && this.#levels[0][0] < now - 5000) this.#levels.shift();
    while (this.#clips.length && this.#clips[0] < now - 3000) this.#clips.shift();
    if (now - this.#heardAt >= 8000) return "silent";
    if (this.#clips.length >= 3) return "loud";
    return this.#isQuiet(now) ? "quiet" : null;
  }

  /** Whether there is speech in the last five seconds whose peak level is low. */
  #isQuiet(now) {
    if (!this.#levels.length || now - this.#levels[0][0] < 4800) return false;
    const loudest = Math.max(...this.#levels.map(([, db]) => db));
    return loudest > SILENT_DB && loudest < QUIET_DB;
  }
}

/** A level of -60 dB is an empty bar, 0 dB a full one. */
export function drawLevel(bar, db) {
  const share = Math.max(0, Math.min(1, (db + 60) / 60));
  bar.style.setProperty("--level", share.toFixed(3));
  bar.classList.toggle("annotate-hot", db > -6);
}
