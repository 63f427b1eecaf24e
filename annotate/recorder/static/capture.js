// Records one take: audio, pointer and questions on one clock, stored continuously.

import { Clock } from "./clock.js";
import { LevelMeter, LevelMonitor } from "./level.js";
import { createMediaRecorder, stopStream } from "./microphone.js";
import { PointerTracker } from "./pointer.js";

const CHUNK_MS = 1000;
const STALLED_MS = 5000;

export class Capture {
  /**
   * `take` is updated during the recording. `on` has the callbacks `level({rmsDb, clipped})`,
   * `warning(key or null)`, `click(event)`, `saveFailed()` when `store` can't write, and
   * `microphoneLost()` when the microphone is disconnected.
   */
  constructor({ take, stream, store, findImage, on }) {
    Object.assign(this, { take, stream, store, on });
    this.clock = new Clock();
    this.pointer = new PointerTracker(this.clock, findImage, on.click);
    this.mediaRecorder = createMediaRecorder(stream);
    this.chunks = [];
    this.writes = Promise.resolve();
    this.monitor = new LevelMonitor();
    take.media_type = this.mediaRecorder.mimeType;
  }

  /** Start; resolves when audio is being recorded. */
  async start() {
    this.mediaRecorder.ondataavailable = (event) => this.#addChunk(event.data);
    this.mediaRecorder.onpause = () => this.#onPause();
    this.mediaRecorder.onresume = () => this.#onResume();
    const started = new Promise((resolve, reject) => {
      this.mediaRecorder.onstart = resolve;
      this.mediaRecorder.onerror = (event) => reject(event.error);
    });
    for (const track of this.stream.getTracks()) track.onended = () => this.on.microphoneLost();
    this.meter = new LevelMeter(this.stream, (level) => this.#checkLevel(level));
    await this.#save();
    this.mediaRecorder.start(CHUNK_MS);
    await started;
    this.mediaRecorder.onerror = () => this.on.microphoneLost();
    this.pointer.start();
    this.#onResume();
  }

  pause() {
    if (this.mediaRecorder.state !== "recording") return;
    this.mediaRecorder.requestData(); // so that the audio so far is stored
    this.mediaRecorder.pause();
    this.#onPause();
  }

  /** Resume; false if the microphone is no longer available. */
  resume() {
    if (this.mediaRecorder.state !== "paused") return false;
    this.mediaRecorder.resume();
    return true;
  }

  /** Stop; resolves to the whole audio, as a blob, when everything is stored. */
  async stop() {
    if (this.mediaRecorder.state !== "inactive") {
      const stopped = new Promise((resolve) => (this.mediaRecorder.onstop = resolve));
      this.mediaRecorder.stop();
      this.#onPause();
      await stopped;
    }
    this.#onPause();
    this.pointer.stop();
    this.meter.stop();
    stopStream(this.stream);
    this.take.state = "stopped";
    await this.#save();
    return new Blob(this.chunks, { type: this.take.media_type });
  }

  /** Store the current state immediately, for example when the page is closed. */
  flush() {
    if (this.mediaRecorder.state === "recording") this.mediaRecorder.requestData();
  }

  /** Tick a question, or untick it. */
  toggleQuestion(question) {
    const { prompts } = this.take;
    const index = prompts.findIndex((prompt) => prompt.question === question);
    if (index >= 0) prompts.splice(index, 1);
    else prompts.push({ question, t_ms: this.clock.elapsedMs() });
    this.#save();
  }

  #onResume() {
    this.pointer.endSegment();
    this.clock.start();
    this.lastChunkAt = performance.now();
    this.monitor = new LevelMonitor();
  }

  #onPause() {
    if (!this.clock.running) return;
    this.clock.stop();
    this.pointer.endSegment();
    this.on.warning(null);
  }

  #addChunk(data) {
    if (!data.size) return;
    this.lastChunkAt = performance.now();
    this.chunks.push(data);
    this.take.chunks = this.chunks.length;
    this.#save(data);
  }

  /** Store the take and a new chunk. Writes are sequential, so that chunks are stored in order. */
  #save(chunk = null) {
    const { take } = this;
    take.client_ms = this.clock.elapsedMs();
    take.trace = this.pointer.trace();
    const snapshot = structuredClone(take);
    const write = () => this.store.put(snapshot, chunk);
    this.writes = this.writes.then(write).catch(() => this.on.saveFailed());
    return this.writes;
  }

  #checkLevel(level) {
    this.on.level(level);
    if (!this.clock.running) return;
    const now = performance.now();
    const stalled = now - this.lastChunkAt > STALLED_MS;
    const warning = this.monitor.update(now, level);
    this.on.warning(stalled ? "warn_stalled" : warning && `warn_${warning}`);
  }
}
