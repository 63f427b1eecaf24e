// Records one take: audio, pointer and questions on one clock, stored continuously.

import { Clock } from "./clock.js";
import { Meter, LevelMonitor } from "./level.js";
import { close, speechRecorder } from "./microphone.js";
import { Pointer } from "./pointer.js";

const CHUNK_MS = 1000;
const STALLED_MS = 5000;

export class Capture {
  /**
   * `take` is filled in as it grows. `on` has the callbacks `level({rmsDb, clipped})`, `warning(key or null)`,
   * `click(event)`, `lost()` when the microphone goes.
   */
  constructor({ take, stream, store, findImage, on }) {
    Object.assign(this, { take, stream, store, on });
    this.clock = new Clock();
    this.pointer = new Pointer(this.clock, findImage, on.click);
    this.recorder = speechRecorder(stream);
    this.chunks = [];
    this.written = Promise.resolve();
    this.watch = new LevelMonitor();
    take.media_type = this.recorder.mimeType;
  }

  /** Start; resolves when audio is being recorded. */
  async start() {
    this.recorder.ondataavailable = (event) => this.#chunk(event.data);
    this.recorder.onpause = () => this.#hold();
    this.recorder.onresume = () => this.#run();
    const begun = new Promise((resolve, reject) => {
      this.recorder.onstart = resolve;
      this.recorder.onerror = (event) => reject(event.error);
    });
    for (const track of this.stream.getTracks()) track.onended = () => this.on.lost();
    this.meter = new Meter(this.stream, (level) => this.#level(level));
    await this.#keep();
    this.recorder.start(CHUNK_MS);
    await begun;
    this.recorder.onerror = () => this.on.lost();
    this.pointer.start();
    this.#run();
  }

  pause() {
    if (this.recorder.state !== "recording") return;
    this.recorder.requestData(); // so that what was said so far is on disk
    this.recorder.pause();
    this.#hold();
  }

  /** Resume; false if the microphone is no longer available. */
  resume() {
    if (this.recorder.state !== "paused") return false;
    this.recorder.resume();
    return true;
  }

  /** Stop; resolves to the whole audio when everything is stored. */
  async stop() {
    if (this.recorder.state !== "inactive") {
      const ended = new Promise((resolve) => (this.recorder.onstop = resolve));
      this.recorder.stop();
      this.#hold();
      await ended;
    }
    this.#hold();
    this.pointer.stop();
    this.meter.stop();
    close(this.stream);
    this.take.state = "stopped";
    await this.#keep();
    return new Blob(this.chunks, { type: this.take.media_type });
  }

  /** Store the current state immediately, for example when the page is closed. */
  flush() {
    if (this.recorder.state === "recording") this.recorder.requestData();
  }

  /** Tick a question, or take its tick back. */
  toggle(question) {
    const { prompts } = this.take;
    const index = prompts.findIndex((one) => one.question === question);
    if (index >= 0) prompts.splice(index, 1);
    else prompts.push({ question, t_ms: this.clock.at() });
    this.#keep();
  }

  #run() {
    this.pointer.lift();
    this.clock.run();
    this.chunkAt = performance.now();
    this.watch = new LevelMonitor();
  }

  #hold() {
    if (!this.clock.running) return;
    this.clock.hold();
    this.pointer.lift();
    this.on.warning(null);
  }

  #chunk(data) {
    if (!data.size) return;
    this.chunkAt = performance.now();
    this.chunks.push(data);
    this.take.chunks = this.chunks.length;
    this.#keep(data);
  }

  /** Writes are sequential, so that chunks are stored in order. */
  #keep(chunk = null) {
    const { take } = this;
    take.client_ms = this.clock.at();
    take.trace = this.pointer.trace();
    const record = structuredClone(take);
    const write = () => this.store.put(record, chunk);
    this.written = this.written.then(write).catch(() => this.on.unkept());
    return this.written;
  }

  #level(level) {
    this.on.level(level);
    if (!this.clock.running) return;
    const now = performance.now();
    const stalled = now - this.chunkAt > STALLED_MS;
    const warning = this.watch.update(now, level);
    this.on.warning(stalled ? "warn_stalled" : warning && `warn_${warning}`);
  }
}
