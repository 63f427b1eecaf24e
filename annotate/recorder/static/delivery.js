// Uploads one take, with retries until the server has confirmed it.

import { backoff, reason, send, SendError } from "./upload.js";

const SOON = ["online", "focus"]; // the network is back; the annotator is back from logging in

export class Delivery {
  #tries = 0;
  #stopped = false;
  #wake = null;

  /** `onTrouble(trouble)` is called once a second with the reason for waiting. */
  constructor({ take, sound, onTry, onTrouble }) {
    Object.assign(this, { take, sound, onTry, onTrouble });
    this.url = URL.createObjectURL(sound);
    this.soon = () => this.now();
  }

  /** Resolves to the server's reference; to null if `stop()` was called first. */
  async run() {
    for (const name of SOON) addEventListener(name, this.soon);
    try {
      while (!this.#stopped) {
        this.onTry();
        try {
          return await send(this.take, this.sound);
        } catch (error) {
          await this.#wait(error instanceof SendError ? error : new SendError("server", 0, `${error}`));
        }
      }
      return null;
    } finally {
      for (const name of SOON) removeEventListener(name, this.soon);
    }
  }

  /** Retry immediately. */
  now() {
    this.#wake?.();
  }

  stop() {
    this.#stopped = true;
    this.now();
  }

  async #wait(error) {
    this.#tries += 1;
    let awake = false;
    const woken = new Promise((resolve) => (this.#wake = resolve)).then(() => (awake = true));
    for (let seconds = backoff(this.#tries, error); seconds > 0 && !awake; seconds -= 1) {
      if (!this.#stopped) this.onTrouble(this.#trouble(error, seconds));
      await Promise.race([woken, new Promise((resolve) => setTimeout(resolve, 1000))]);
    }
    this.#wake = null;
  }

  #trouble(error, seconds) {
    return {
      reason: reason(error),
      seconds,
      login: ["not_logged_in", "other_user"].includes(error.code) || error.status === 401,
      href: this.url,
      file: fileName(this.take),
    };
  }
}

function fileName(take) {
  const suffix = /mp4/.test(take.media_type) ? "m4a" : /ogg/.test(take.media_type) ? "ogg" : "webm";
  return `recording-${take.task}-${take.started_at.replace(/[:.]/g, "-")}.${suffix}`;
}
