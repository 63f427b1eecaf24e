// Stretches of a recording, played by themselves.
//
// Decoded as a whole: what a browser records has no index, and players can't seek in it to the word.

const BEFORE_MS = 60;
const AFTER_MS = 90;
const LONGEST_MS = 900_000; // decoded sound takes memory: 11 MB a minute

export class Snippets {
  #address = null;
  #sound = null; // of the decoded recording, once somebody wanted to hear a word
  #playing = null;
  #turn = 0; // counts what was asked for: only the last is played

  load(address, length_ms) {
    this.stop();
    this.#address = length_ms <= LONGEST_MS ? address : null;
    this.#sound = null;
  }

  /** Play a stretch; resolves to whether it is playing. */
  async play(start_ms, end_ms) {
    this.#playing?.stop();
    const turn = ++this.#turn;
    if (this.#address === null) return false;
    this.context ??= new AudioContext();
    this.#sound ??= decoded(this.#address, this.context);
    const sound = await this.#sound;
    if (sound === null || turn !== this.#turn) return false;
    const from = Math.max(0, start_ms - BEFORE_MS) / 1000;
    const source = new AudioBufferSourceNode(this.context, { buffer: sound });
    source.connect(this.context.destination);
    await this.context.resume();
    source.start(0, from, (end_ms + AFTER_MS) / 1000 - from);
    this.#playing = source;
    return true;
  }

  stop() {
    this.#turn += 1;
    this.#playing?.stop();
    this.#playing = null;
  }
}

/** The sound at an address; null if it can't be had or decoded. */
async function decoded(address, context) {
  try {
    const answer = await fetch(address, { credentials: "same-origin" });
    return await context.decodeAudioData(await answer.arrayBuffer());
  } catch {
    return null;
  }
}
