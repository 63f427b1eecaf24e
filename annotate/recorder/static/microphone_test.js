// Test of the microphone before the first recording: device choice, level and playback.

import { h, setText } from "./dom.js";
import { drawLevel, LevelMeter, QUIET_DB, SILENT_DB } from "./level.js";
import {
  createMediaRecorder, listMicrophones, openMicrophone, stopStream, storedDevice, storeDevice,
} from "./microphone.js";

const TEST_MS = 4000;
const MIN_AUDIBLE_LEVELS = 3; // in a row, 20 a second: a bump against the table is shorter

/** Shows the level and records a sentence to play back; `onDone()` when the annotator confirms it. */
export class MicrophoneTest {
  #audibleCount = 0;
  #measured = null; // levels of the sentence that is being recorded
  #stopped = false;

  constructor({ t, onDone }) {
    Object.assign(this, { t, onDone });
    this.deviceSelect = h("select", { class: "annotate-select", onchange: () => this.#changeDevice() },
      h("option", { value: "" }, t("test_default")));
    this.levelBar = h("div", { class: "annotate-level-bar" });
    this.result = h("p", { class: "annotate-small", role: "status" });
    this.player = h("audio");
    this.doneButton = this.#button("test_done", "test-done", () => this.#finish(), "annotate-large annotate-primary");
    this.recordButton = this.#button("test_start", "speak", () => this.#record());
    this.playButton = this.#button("test_listen", "test-listen", () => this.#play());
    this.doneButton.disabled = this.playButton.disabled = true;
    this.element = h(
      "section", { class: "annotate-card" },
      h("h4", {}, t("state_test")), h("p", {}, t("test_lead")),
      h("div", { class: "annotate-level" }, this.levelBar), this.result,
      h("div", { class: "annotate-row" }, this.doneButton, this.recordButton, this.playButton),
      h("label", { class: "annotate-field" }, h("span", {}, t("test_device")), this.deviceSelect),
      this.player,
    );
    this.opened = this.#openMicrophone();
  }

  #button(key, action, onclick, className = "") {
    return h("button", {
      type: "button", class: `annotate-button ${className}`, "data-action": action, onclick,
    }, this.t(key));
  }

  /** Open the microphone and show its level; on failure show the reason and return false. */
  async #openMicrophone() {
    setText(this.result, this.t("test_opening"));
    try {
      const stream = await openMicrophone(storedDevice()?.deviceId);
      if (this.#stopped) return stopStream(stream);
      this.stream = stream;
      await this.#listDevices();
      this.meter = new LevelMeter(stream, (level) => this.#onLevel(level));
      setText(this.result, this.t("test_waiting"));
      this.#showIfUnmeasured(this.meter);
      return true;
    } catch (error) {
      setText(this.result, this.t(error.key ?? "mic_other", { detail: error.detail ?? error.message }));
      return false;
    }
  }

  /** Without a meter, listening to a recorded sentence is the test. */
  async #showIfUnmeasured(meter) {
    if (!(await meter.started()) && meter === this.meter) setText(this.result, this.t("test_unmeasured"));
  }

  #onLevel(level) {
    drawLevel(this.levelBar, level.rmsDb);
    this.#audibleCount = level.rmsDb > SILENT_DB ? this.#audibleCount + 1 : 0;
    if (this.#audibleCount >= MIN_AUDIBLE_LEVELS) this.#enableDone();
    if (this.#measured === null) return;
    this.#measured.loudest = Math.max(this.#measured.loudest, level.rmsDb);
    this.#measured.clips += level.clipped ? 1 : 0;
  }

  /** Audio was detected: the test can be completed. */
  #enableDone() {
    if (!this.doneButton.disabled) return;
    this.doneButton.disabled = false;
    setText(this.result, this.t("test_heard"));
  }

  async #changeDevice() {
    storeDevice(this.deviceSelect.value);
    this.#closeMicrophone();
    this.doneButton.disabled = true;
    this.opened = this.#openMicrophone();
  }

  async #listDevices() {
    const devices = await listMicrophones(); // labels are empty until the microphone is allowed
    const options = devices.map((device) => h("option", { value: device.deviceId }, device.label));
    this.deviceSelect.replaceChildren(h("option", { value: "" }, this.t("test_default")), ...options);
    this.deviceSelect.value = storedDevice()?.deviceId ?? "";
  }

  async #record() {
    this.recordButton.disabled = true;
    // If the permission was denied, request the microphone again.
    if ((await this.opened) || (await (this.opened = this.#openMicrophone()))) await this.#recordSentence();
    this.recordButton.disabled = false;
  }

  async #recordSentence() {
    const measured = { loudest: -100, clips: 0 };
    this.#measured = measured;
    const recorder = createMediaRecorder(this.stream);
    const recorded = new Promise((resolve) => (recorder.ondataavailable = (event) => resolve(event.data)));
    recorder.start();
    for (let left = TEST_MS / 1000; left > 0; left -= 1) {
      setText(this.recordButton, this.t("test_speaking", { left }));
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    if (recorder.state !== "inactive") recorder.stop();
    this.player.src = URL.createObjectURL(await recorded);
    this.#measured = null;
    this.playButton.disabled = false;
    setText(this.recordButton, this.t("test_again"));
    // Without a meter only the annotator can judge the recording.
    setText(this.result, this.t(this.meter.running ? levelMessage(measured) : "test_unmeasured"));
  }

  #play() {
    this.player.play();
    if (!this.meter.running) this.doneButton.disabled = false;
  }

  #finish() {
    this.stop();
    storeDevice(this.deviceSelect.value);
    this.onDone();
  }

  #closeMicrophone() {
    this.meter?.stop();
    stopStream(this.stream);
    this.#audibleCount = 0;
    drawLevel(this.levelBar, -60);
  }

  stop() {
    this.#stopped = true;
    this.#closeMicrophone();
    this.player.pause();
  }
}

function levelMessage({ loudest, clips }) {
  if (loudest < SILENT_DB) return "test_silent";
  if (clips >= 3) return "test_loud";
  return loudest < QUIET_DB ? "test_quiet" : "test_good";
}
