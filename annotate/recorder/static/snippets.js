// Playback of single words of a recording.
//
// The recording is decoded as a whole: browsers write no index, so that <audio> can't seek precisely.

const BEFORE_MS = 60;
const AFTER_MS = 90;
const MAX_DECODED_MS = 900_000; // decoded audio takes 11 MB of memory a minute

export class WordPlayer {
  #url = null;
  #decoded = null; // a promise of the recording's AudioBuffer, from the first call of play()
  #playing = null;
  #callCount = 0; // calls of play() and stop(): only the last one takes effect

  load(url, durationMs) {
    this.stop();
    this.#url = durationMs <= MAX_DECODED_MS ? url : null;
    this.#decoded = null;
  }

  /** Play from `start_ms` to `end_ms`; resolves to whether it is playing. */
  async play(start_ms, end_ms) {
    this.#playing?.stop();
    const call = ++this.#callCount;
    if (this.#url === null) return false;
    this.context ??= new AudioContext();
    this.#decoded ??= decodeAudio(this.#url, this.context);
    const buffer = await this.#decoded;
    if (buffer === null || call !== this.#callCount) return false;
    const offset = Math.max(0, start_ms - BEFORE_MS) / 1000;
    const source = new AudioBufferSourceNode(this.context, { buffer });
    source.connect(this.context.destination);
    await this.context.resume();
    source.start(0, offset, (end_ms + AFTER_MS) / 1000 - offset);
    this.#playing = source;
    return true;
  }

  stop() {
    this.#callCount += 1;
    this.#playing?.stop();
    this.#playing = null;
  }
}

/** The AudioBuffer of a URL; null if it can't be loaded or decoded. */
async function decodeAudio(url, context) {
  try {
    const response = await fetch(url, { credentials: "same-origin" });
    return await context.decodeAudioData(await response.arrayBuffer());
  } catch {
    return null;
  }
}
