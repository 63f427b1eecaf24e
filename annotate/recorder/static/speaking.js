// A recording in progress: microphone, clock and warnings.

import { keepScreenOn } from "./wake_lock.js";
import { Capture } from "./capture.js";
import { openMicrophone, stopStream, storedDevice } from "./microphone.js";
import { showClick } from "./click_marker.js";
import { minutes } from "./strings.js";

const MAX_MS = 15 * 60_000; // the pipeline accepts no longer recording

export class RecordingSession {
  capture = null;
  #mayBeShort = false; // stopping early is allowed: the warning was shown, or the microphone is gone

  /** `recorder` has the panel, the store, the editor and the protocol, and shows states. */
  constructor(recorder) {
    this.recorder = recorder;
  }

  /** Open the microphone and start to record a take; on failure show the reason. */
  async start(take) {
    const { recorder } = this;
    const { panel, store, editor } = recorder;
    recorder.show("starting");
    panel.showWarning(null);
    let stream = null;
    try {
      stream = await openMicrophone(storedDevice()?.deviceId);
      if (recorder.closed) return stopStream(stream);
      this.capture = new Capture({
        take, stream, store, findImage: () => editor.findImage(), on: this.#callbacks(),
      });
      await this.capture.start();
    } catch (error) {
      stopStream(stream);
      this.capture = null;
      recorder.show("ready");
      const detail = error.detail ?? `${error.name}: ${error.message}`;
      return panel.showWarning(error.key ?? "mic_other", { detail });
    }
    keepScreenOn(true);
    recorder.show("recording");
  }

  #callbacks() {
    const { panel } = this.recorder;
    return {
      level: ({ rmsDb }) => panel.showLevel(rmsDb),
      warning: (key) => this.#mayBeShort || panel.showWarning(key),
      click: (event) => showClick(event.clientX, event.clientY),
      saveFailed: () => panel.showWarning("warn_memory"),
      microphoneLost: () => {
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

  /** Resume after a pause; false if the microphone is gone, so that it can only be stopped. */
  resume() {
    this.recorder.panel.showWarning(null);
    this.#mayBeShort = !this.capture.resume();
    if (this.#mayBeShort) return false;
    this.recorder.show("recording");
    return true;
  }

  /** Pause and warn, once, if the recording is too short to stop; returns whether it did. */
  warnIfShort() {
    const ms = this.capture.clock.elapsedMs();
    const minimumMs = this.recorder.protocol.minimum_seconds * 1000;
    if (ms >= minimumMs || this.#mayBeShort) return false;
    this.pause();
    this.#mayBeShort = true;
    this.recorder.panel.showWarning("too_short", { time: minutes(ms), least: minutes(minimumMs) });
    return true;
  }

  /** Stop recording. Resolves to the take and its audio. */
  async finish() {
    const { capture } = this;
    this.capture = null;
    this.#mayBeShort = false;
    this.recorder.show("finishing");
    this.recorder.panel.showWarning(null);
    const audio = await capture.stop();
    keepScreenOn(false);
    return { take: capture.take, audio };
  }

  /** Tick or untick a question. */
  toggleQuestion(id) {
    this.capture.toggleQuestion(id);
    this.recorder.panel.showQuestions(this.capture.take.prompts);
  }

  /** Tick the first unticked question, if there is one. */
  tickNextQuestion() {
    if (!this.capture) return;
    const ticked = new Set(this.capture.take.prompts.map((prompt) => prompt.question));
    const question = this.recorder.protocol.questions.find(({ id }) => !ticked.has(id));
    if (question) this.toggleQuestion(question.id);
  }

  /** Update the clock; true when the maximum length is reached. */
  tick() {
    if (!this.capture || this.recorder.state !== "recording") return false;
    const { panel, protocol } = this.recorder;
    const ms = this.capture.clock.elapsedMs();
    const requestedMs = protocol.asked_seconds * 1000;
    panel.showTime(ms);
    if (ms >= requestedMs) panel.showReached(panel.t("reached", { asked: minutes(requestedMs) }));
    return ms >= MAX_MS;
  }
}
