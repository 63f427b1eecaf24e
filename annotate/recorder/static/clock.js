// The recording's clock: milliseconds of sound so far. It stands still while paused.

export class Clock {
  #before = 0;
  #since = null;

  /** Begin or go on, at this moment of `performance.now()`. */
  run(now = performance.now()) {
    if (this.#since === null) this.#since = now;
  }

  /** Stand still from this moment on. */
  hold(now = performance.now()) {
    if (this.#since === null) return;
    this.#before += Math.max(0, now - this.#since);
    this.#since = null;
  }

  get running() {
    return this.#since !== null;
  }

  /** Whole milliseconds at this moment; an event's `timeStamp` may lie just before the start. */
  at(now = performance.now()) {
    const since = this.#since === null ? 0 : Math.max(0, now - this.#since);
    return Math.round(this.#before + since);
  }
}
