// The recording's clock: milliseconds of recorded audio. It stops while paused.

export class Clock {
  #accumulatedMs = 0;
  #startedAt = null;

  /** Start or resume, at this value of `performance.now()`. */
  start(now = performance.now()) {
    if (this.#startedAt === null) this.#startedAt = now;
  }

  /** Pause, at this value of `performance.now()`. */
  stop(now = performance.now()) {
    if (this.#startedAt === null) return;
    this.#accumulatedMs += Math.max(0, now - this.#startedAt);
    this.#startedAt = null;
  }

  get running() {
    return this.#startedAt !== null;
  }

  /** Whole recorded milliseconds at this time; an event's `timeStamp` may be slightly before the start. */
  elapsedMs(now = performance.now()) {
    const currentMs = this.#startedAt === null ? 0 : Math.max(0, now - this.#startedAt);
    return Math.round(this.#accumulatedMs + currentMs);
  }
}
