// Test of the microphone before the first recording: device choice, level and playback.

import { h, setText } from "./dom.js";
import { drawLevel, Meter, QUIET_DB, SILENT_DB } from "./level.js";
import { choose, chosen, close, microphones, openMicrophone, speechRecorder } from "./microphone.js";

const TEST_MS = 4000;
const SOUND_LEVELS = 3; // in a row, 20 a second: a bump against the table is no voice

/** A level from the start, and a few seconds to listen back to; `onDone()` when it sounds right. */
export class MicrophoneTest {
  #loud = 0;
  #measured = null; // of the sentence that is being recorded
  #stopped = false;

  constructor({ t, onDone }) {
    Object.assign(this, { t, onDone });
    this.device = h("select", { class: "annotate-select", onchange: () => this.#pick() },
      h("option", { value: "" }, t("test_default")));
    this.bar = h("div", { class: "annotate-level-bar" });
    this.result = h("p", { class: "annotate-small", role: "status" });
    this.player = h("audio");
    this.done = this.#button("test_done", "test-done", () => this.#finish(), "annotate-large annotate-primary");
    this.speak = this.#button("test_start", "speak", () => this.#record());
    this.listen = this.#button("test_listen", "test-listen", () => this.#listen());
    this.done.disabled = this.listen.disabled = true;
    this.element = h(
      "section", { class: "annotate-card" },
      h("h4", {}, t("state_test")), h("p", {}, t("test_lead")),
      h("div", { class: "annotate-level" }, this.bar), this.result,
      h("div", { class: "annotate-row" }, this.done, this.speak, this.listen),
      h("label", { class: "annotate-field" }, h("span", {}, t("test_device")), this.device),
      this.player,
    );
    this.opened = this.#open();
  }

  #button(key, action, onclick, kind = "") {
    return h("button", {
      type: "button", class: `annotate-button ${kind}`, "data-action": action, onclick,
    }, this.t(key));
  }

  /** Open the microphone and show its level; false, and why, if that can't be. */
  async #open() {
    setText(this.result, this.t("test_opening"));
    try {
      const stream = await openMicrophone(chosen()?.deviceId);
      if (this.#stopped) return close(stream);
      this.stream = stream;
      await this.#list();
      this.meter = new Meter(stream, (level) => this.#level(level));
      setText(this.result, this.t("test_waiting"));
      this.#tell(this.meter);
      return true;
    } catch (error) {
      setText(this.result, this.t(error.key ?? "mic_other", { detail: error.detail ?? error.message }));
      return false;
    }
  }

  /** Without a meter the sentence that they record and listen to is the test. */
  async #tell(meter) {
    if (!(await meter.started()) && meter === this.meter) setText(this.result, this.t("test_unmeasured"));
  }

  #level(level) {
    drawLevel(this.bar, level.rmsDb);
    this.#loud = level.rmsDb > SILENT_DB ? this.#loud + 1 : 0;
    if (this.#loud >= SOUND_LEVELS) this.#pass();
    if (this.#measured === null) return;
    this.#measured.loudest = Math.max(this.#measured.loudest, level.rmsDb);
    this.#measured.clips += level.clipped ? 1 : 0;
  }

  /** Something was picked up: this can be passed now. */
  #pass() {
    if (!this.done.disabled) return;
    this.done.disabled = false;
    setText(this.result, this.t("test_heard"));
  }

  async #pick() {
    choose(this.device.value);
    this.#close();
    this.done.disabled = true;
    this.opened = this.#open();
  }

  async #list() {
    const found = await microphones(); // names are known once the microphone was allowed
    const options = found.map((one) => h("option", { value: one.deviceId }, one.label));
    this.device.replaceChildren(h("option", { value: "" }, this.t("test_default")), ...options);
    this.device.value = chosen()?.deviceId ?? "";
  }

  async #record() {
    this.speak.disabled = true;
    // After a refusal this asks for the microphone once more.
    if ((await this.opened) || (await (this.opened = this.#open()))) await this.#take();
    this.speak.disabled = false;
  }

  async #take() {
    const measured = { loudest: -100, clips: 0 };
    this.#measured = measured;
    const recorder = speechRecorder(this.stream);
    const sound = new Promise((resolve) => (recorder.ondataavailable = (e) => resolve(e.data)));
    recorder.start();
    for (let left = TEST_MS / 1000; left > 0; left -= 1) {
      setText(this.speak, this.t("test_speaking", { left }));
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    if (recorder.state !== "inactive") recorder.stop();
    this.player.src = URL.createObjectURL(await sound);
    this.#measured = null;
    this.listen.disabled = false;
    setText(this.speak, this.t("test_again"));
    // Without a meter nothing is known but what they hear themselves.
    setText(this.result, this.t(this.meter.works ? judge(measured) : "test_unmeasured"));
  }

  #listen() {
    this.player.play();
    if (!this.meter.works) this.done.disabled = false;
  }

  #finish() {
    this.stop();
    choose(this.device.value);
    this.onDone();
  }

  #close() {
    this.meter?.stop();
    close(this.stream);
    this.#loud = 0;
    drawLevel(this.bar, -60);
  }

  stop() {
    this.#stopped = true;
    this.#close();
    this.player.pause();
  }
}

function judge({ loudest, clips }) {
  if (loudest < SILENT_DB) return "test_silent";
  if (clips >= 3) return "test_loud";
  return loudest < QUIET_DB ? "test_quiet" : "test_good";
}
