// The recording's clock: milliseconds of recorded audio. It stops while paused.

export class Clock {
  #before = 0;
  #since = null;

  /** Start or resume, at this value of `performance.now()`. */
  run(now = performance.now()) {
    if (this.#since === null) this.#since = now;
  }

  /** Stop at this moment. */
  hold(now = performance.now()) {
    if (this.#since === null) return;
    this.#before += Math.max(0, now - this.#since);
    this.#since = null;
  }

  get running() {
    return this.#since !== null;
  }

  /** Whole milliseconds at this moment; an event's `timeStamp` may be slightly before the start. */
  at(now = performance.now()) {
    const since = this.#since === null ? 0 : Math.max(0, now - this.#since);
    return Math.round(this.#before + since);
  }
}
