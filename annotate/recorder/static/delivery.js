// Uploads one take, with retries until the server has confirmed it.

import { errorMessage, retryDelay, UploadError, uploadTake } from "./upload.js";

const RETRY_EVENTS = ["online", "focus"]; // online again; back from the login tab

export class RetryingUpload {
  #attempts = 0;
  #stopped = false;
  #wake = null;

  /** `onAttempt()` is called before each attempt, `onError(failure)` once a second between attempts. */
  constructor({ take, audio, onAttempt, onError }) {
    Object.assign(this, { take, audio, onAttempt, onError });
    this.audioUrl = URL.createObjectURL(audio);
    this.retry = () => this.retryNow();
  }

  /** Resolves to the server's reference; to null if `stop()` was called first. */
  async run() {
    for (const name of RETRY_EVENTS) addEventListener(name, this.retry);
    try {
      while (!this.#stopped) {
        this.onAttempt();
        try {
          return await uploadTake(this.take, this.audio);
        } catch (error) {
          await this.#wait(error instanceof UploadError ? error : new UploadError("server", 0, `${error}`));
        }
      }
      return null;
    } finally {
      for (const name of RETRY_EVENTS) removeEventListener(name, this.retry);
    }
  }

  /** Retry immediately. */
  retryNow() {
    this.#wake?.();
  }

  stop() {
    this.#stopped = true;
    this.retryNow();
  }

  async #wait(error) {
    this.#attempts += 1;
    let awake = false;
    const woken = new Promise((resolve) => (this.#wake = resolve)).then(() => (awake = true));
    for (let seconds = retryDelay(this.#attempts, error); seconds > 0 && !awake; seconds -= 1) {
      if (!this.#stopped) this.onError(this.#describe(error, seconds));
      await Promise.race([woken, new Promise((resolve) => setTimeout(resolve, 1000))]);
    }
    this.#wake = null;
  }

  /** A failed attempt for the panel; `message` is a key of strings.js and its values. */
  #describe(error, seconds) {
    return {
      message: errorMessage(error),
      seconds,
      needsLogin: ["not_logged_in", "other_user"].includes(error.code) || error.status === 401,
      audioUrl: this.audioUrl,
      fileName: fileName(this.take),
    };
  }
}

function fileName(take) {
  const suffix = /mp4/.test(take.media_type) ? "m4a" : /ogg/.test(take.media_type) ? "ogg" : "webm";
  return `recording-${take.task}-${take.started_at.replace(/[:.]/g, "-")}.${suffix}`;
}
