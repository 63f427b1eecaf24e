// Playback of a take, from memory or from the server.

export class Playback {
  #blobUrl = null;

  /** `onTime(ms)` is called with the position, `onChange(playing)` at the start and the end. */
  constructor(onTime, onChange) {
    this.audio = new Audio();
    this.audio.preload = "none";
    this.audio.ontimeupdate = () => onTime(Math.round(this.audio.currentTime * 1000));
    this.audio.onplay = () => onChange(true);
    this.audio.onpause = () => onChange(false);
    this.audio.onended = () => onChange(false);
    this.audio.onerror = () => onChange(false);
  }

  /** Set what to play: a blob, a URL, or null for nothing. */
  load(source) {
    this.audio.pause();
    if (this.#blobUrl) URL.revokeObjectURL(this.#blobUrl);
    this.#blobUrl = source instanceof Blob ? URL.createObjectURL(source) : null;
    if (source === null) this.audio.removeAttribute("src");
    else this.audio.src = this.#blobUrl ?? source;
  }

  toggle() {
    if (this.audio.paused) this.audio.play().catch(() => {});
    else this.audio.pause();
  }

  seek(ms) {
    this.audio.currentTime = ms / 1000;
  }
}
