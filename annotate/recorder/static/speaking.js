// A take while it is spoken: microphone, clock, and what the annotator is warned of meanwhile.

import { keepScreenOn } from "./wake_lock.js";
import { Capture } from "./capture.js";
import { chosen, close, openMicrophone } from "./microphone.js";
import { showClick } from "./click_marker.js";
import { minutes } from "./strings.js";

const LONGEST_MS = 15 * 60_000; // the pipeline takes no longer recording

export class Speaking {
  capture = null;
  #short = false; // the annotator has seen that it is short

  /** `recorder` has the panel, the store, the editor and the protocol, and shows states. */
  constructor(recorder) {
    this.recorder = recorder;
  }

  /** Open the microphone and begin with a take; if it can't be, say why. */
  async begin(take) {
    const { recorder } = this;
    const { panel, store, editor } = recorder;
    recorder.show("starting");
    panel.showWarning(null);
    let stream = null;
    try {
      stream = await openMicrophone(chosen()?.deviceId);
      if (recorder.gone) return close(stream);
      this.capture = new Capture({
        take, stream, store, findImage: () => editor.findImage(), on: this.#events(),
      });
      await this.capture.start();
    } catch (error) {
      close(stream);
      this.capture = null;
      recorder.show("ready");
      const detail = error.detail ?? `${error.name}: ${error.message}`;
      return panel.showWarning(error.key ?? "mic_other", { detail });
    }
    keepScreenOn(true);
    recorder.show("recording");
  }

  #events() {
    const { panel } = this.recorder;
    return {
      level: ({ rmsDb }) => panel.showLevel(rmsDb),
      warning: (key) => this.#short || panel.showWarning(key),
      click: (event) => showClick(event.clientX, event.clientY),
      unkept: () => panel.showWarning("warn_memory"),
      lost: () => {
        this.pause();
        panel.showWarning("warn_unplugged");
      },
    };
  }

  pause() {
    if (this.recorder.state !== "recording") return;
    this.capture.pause();
    this.recorder.show("paused");
  }

  /** Go on after a pause; false if the microphone has gone, so that only stopping is left. */
  goOn() {
    this.recorder.panel.showWarning(null);
    this.#short = !this.capture.resume();
    if (this.#short) return false;
    this.recorder.show("recording");
    return true;
  }

  /** Whether it is too short to stop, which is asked about once. */
  asksForMore() {
    const ms = this.capture.clock.at();
    const least = this.recorder.protocol.minimum_seconds * 1000;
    if (ms >= least || this.#short) return false;
    this.pause();
    this.#short = true;
    this.recorder.panel.showWarning("too_short", { time: minutes(ms), least: minutes(least) });
    return true;
  }

  /** End it. Resolves to the take and its sound. */
  async finish() {
    const { capture } = this;
    this.capture = null;
    this.#short = false;
    this.recorder.show("finishing");
    this.recorder.panel.showWarning(null);
    const sound = await capture.stop();
    keepScreenOn(false);
    return { take: capture.take, sound };
  }

  /** Whether a question is taken up, or no longer. */
  question(id) {
    this.capture.toggle(id);
    this.recorder.panel.showQuestions(this.capture.take.prompts);
  }

  /** Take up the first question that hasn't been taken up, if there is one. */
  next() {
    if (!this.capture) return;
    const passed = new Set(this.capture.take.prompts.map((one) => one.question));
    const next = this.recorder.protocol.questions.find((one) => !passed.has(one.id));
    if (next) this.question(next.id);
  }

  /** The clock; true when nothing longer is taken. */
  tick() {
    if (!this.capture || this.recorder.state !== "recording") return false;
    const { panel, protocol } = this.recorder;
    const ms = this.capture.clock.at();
    const asked_ms = protocol.asked_seconds * 1000;
    panel.showTime(ms);
    if (ms >= asked_ms) panel.showReached(panel.t("reached", { asked: minutes(asked_ms) }));
    return ms >= LONGEST_MS;
  }
}
