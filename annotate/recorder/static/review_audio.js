// Playback of segments of a caption's audio file, which contains all its recordings.

const PADDING_BEFORE_MS = 70, PADDING_AFTER_MS = 110; // audible before and after a word
const MAX_GAP_MS = 900; // words further apart than this are separate segments

export class AudioPlayer {
  #playback = null; // {remaining, onPosition}: the segments to play, and the callback of play()

  /** `onChange(playing)` is called when playing begins or ends. */
  constructor(url, onChange) {
    this.onChange = onChange;
    this.audio = new Audio();
    this.audio.preload = "auto";
    if (url) this.audio.src = url;
  }

  get playing() {
    return this.#playback !== null;
  }

  /** Whether the playback in progress reports positions, which a single word doesn't. */
  get followed() {
    return this.#playback !== null && this.#playback.onPosition !== null;
  }

  /** Play `[{start, end}, …]` in order; `onPosition(ms, segment)` is called during playback, if not null. */
  play(segments, onPosition) {
    this.stop();
    if (!segments.length) return;
    const playback = { remaining: [...segments], onPosition };
    this.#playback = playback;
    this.onChange(true);
    this.#playNext(playback);
  }

  stop() {
    if (this.#playback === null) return;
    this.#playback = null;
    this.audio.pause();
    this.onChange(false);
  }

  #playNext(playback) {
    const segment = playback.remaining.shift();
    if (!segment) return this.stop();
    this.audio.currentTime = Math.max(0, segment.start - PADDING_BEFORE_MS) / 1000;
    this.audio.play().catch(() => this.#playback === playback && this.stop());
    const tick = () => {
      if (this.#playback !== playback) return;
      const ms = this.audio.currentTime * 1000;
      if (!this.audio.seeking) playback.onPosition?.(ms, segment);
      if (this.audio.ended || (!this.audio.seeking && ms >= segment.end + PADDING_AFTER_MS)) this.#playNext(playback);
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

/** Group consecutive words of one recording into segments, so that they play without interruptions. */
export function groupWords(words) {
  const segments = [];
  for (const word of words) {
    const segment = segments.at(-1);
    const gap = segment ? word.start - segment.end : 0;
    if (segment && segment.voice === word.voice && gap > -120 && gap < MAX_GAP_MS) {
      segment.words.push(word);
      segment.end = word.end;
    } else segments.push({ voice: word.voice, start: word.start, end: word.end, words: [word] });
  }
  return segments;
}

/** The word of a segment that is spoken at a time. */
export function wordAt(segment, ms) {
  return segment.words.findLast((word) => word.start <= ms + 30) ?? segment.words[0];
}
