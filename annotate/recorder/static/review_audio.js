// Playback of segments of the audio that contains all recordings of a caption.

const BEFORE_MS = 70, AFTER_MS = 110; // a word's neighbours are let in this much
const JOIN_MS = 900; // words further apart than this are played as two stretches

export class Sound {
  #run = null;

  /** `onChange(playing)` is called when playing begins or ends. */
  constructor(address, onChange) {
    this.onChange = onChange;
    this.audio = new Audio();
    this.audio.preload = "auto";
    if (address) this.audio.src = address;
  }

  get playing() {
    return this.#run !== null;
  }

  /** Whether more than a word is played, and the panel follows it. */
  get long() {
    return this.#run !== null && this.#run.step !== null;
  }

  /** Play `[{start, end}, …]` one after the other; `step(ms, stretch)` is called with the position. */
  play(stretches, step) {
    this.stop();
    if (!stretches.length) return;
    const run = { left: [...stretches], step };
    this.#run = run;
    this.onChange(true);
    this.#next(run);
  }

  stop() {
    if (this.#run === null) return;
    this.#run = null;
    this.audio.pause();
    this.onChange(false);
  }

  #next(run) {
    const stretch = run.left.shift();
    if (!stretch) return this.stop();
    this.audio.currentTime = Math.max(0, stretch.start - BEFORE_MS) / 1000;
    this.audio.play().catch(() => this.#run === run && this.stop());
    const tick = () => {
      if (this.#run !== run) return;
      const ms = this.audio.currentTime * 1000;
      if (!this.audio.seeking) run.step?.(ms, stretch);
      if (this.audio.ended || (!this.audio.seeking && ms >= stretch.end + AFTER_MS)) this.#next(run);
      else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  close() {
    this.stop();
    this.audio.removeAttribute("src");
    this.audio.load();
  }
}

/** Runs of words that were said one after the other, so that they sound as they were said. */
export function stretches(words) {
  const runs = [];
  for (const word of words) {
    const run = runs.at(-1);
    const gap = run ? word.start - run.end : 0;
    if (run && run.voice === word.voice && gap > -120 && gap < JOIN_MS) {
      run.words.push(word);
      run.end = word.end;
    } else runs.push({ voice: word.voice, start: word.start, end: word.end, words: [word] });
  }
  return runs;
}

/** The word that is being said at a moment of a stretch. */
export function saidAt(stretch, ms) {
  return stretch.words.findLast((word) => word.start <= ms + 30) ?? stretch.words[0];
}
