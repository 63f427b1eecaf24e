// What comes before the first recording: consent, and a test of the microphone.

import { h, say } from "./dom.js";
import { Meter, QUIET_DB, SILENT_DB } from "./level.js";
import { choose, chosen, close, microphones, openMicrophone, speechRecorder } from "./microphone.js";

const TEST_MS = 4000;
const consentKey = (user, consent) => `annotate-aloud consent ${user} ${JSON.stringify(consent)}`;

/** When this user agreed to this statement in this browser; null if they didn't. */
export function consentedAt(user, consent) {
  return localStorage.getItem(consentKey(user, consent));
}

/** The statement and a button; `onAgree()` after the press. */
export function consentCard({ t, interfaceLanguage, user, consent, onAgree }) {
  const own = consent.text?.[interfaceLanguage] ?? consent.text?.en;
  return h(
    "section", { class: "annotate-card" },
    h("h4", {}, t("state_consent")),
    h("p", {}, own ?? t(`consent_${consent.scope}`)),
    h("p", { class: "annotate-small" }, t("consent_id", { statement: consent.statement })),
    h("button", {
      type: "button", class: "annotate-button annotate-primary", "data-action": "agree",
      onclick: () => {
        localStorage.setItem(consentKey(user, consent), new Date().toISOString());
        onAgree();
      },
    }, t("consent_agree")),
  );
}

/** Choice of device, a level, a few seconds to listen back to; `onDone()` when it sounds right. */
export class MicrophoneTest {
  constructor({ t, onDone }) {
    Object.assign(this, { t, onDone });
    this.device = h("select", { class: "annotate-select", onchange: () => this.#pick() },
      h("option", { value: "" }, t("test_default")));
    this.bar = h("div", { class: "annotate-level-bar" });
    this.result = h("p", { class: "annotate-small", role: "status" });
    this.player = h("audio");
    this.speak = this.#button("test_start", "speak", () => this.#record(), "annotate-primary");
    this.listen = this.#button("test_listen", "test-listen", () => this.player.play());
    this.done = this.#button("test_done", "test-done", () => this.#finish());
    this.listen.disabled = true;
    this.element = h(
      "section", { class: "annotate-card" },
      h("h4", {}, t("state_test")), h("p", {}, t("test_lead")),
      h("label", { class: "annotate-field" }, h("span", {}, t("test_device")), this.device),
      h("div", { class: "annotate-level" }, this.bar), this.result,
      h("div", { class: "annotate-row" }, this.speak, this.listen, this.done), this.player,
    );
  }

  #button(key, action, onclick, kind = "") {
    return h("button", {
      type: "button", class: `annotate-button ${kind}`, "data-action": action, onclick,
    }, this.t(key));
  }

  async #pick() {
    choose(this.device.value);
    say(this.result, "");
  }

  async #record() {
    this.speak.disabled = true;
    try {
      this.stream = await openMicrophone(chosen()?.deviceId);
      await this.#list();
      await this.#take();
    } catch (error) {
      say(this.result, this.t(error.key ?? "mic_other", { detail: error.detail ?? error.message }));
    }
    this.speak.disabled = false;
    close(this.stream);
  }

  async #list() {
    const found = await microphones(); // names are known once the microphone was allowed
    const options = found.map((one) => h("option", { value: one.deviceId }, one.label));
    this.device.replaceChildren(h("option", { value: "" }, this.t("test_default")), ...options);
    this.device.value = chosen()?.deviceId ?? "";
  }

  async #take() {
    const heard = { loudest: -100, clips: 0 };
    this.meter = new Meter(this.stream, (level) => {
      heard.loudest = Math.max(heard.loudest, level.rmsDb);
      heard.clips += level.clipped ? 1 : 0;
      drawLevel(this.bar, level.rmsDb);
    });
    const recorder = speechRecorder(this.stream);
    const sound = new Promise((resolve) => (recorder.ondataavailable = (e) => resolve(e.data)));
    recorder.start();
    for (let left = TEST_MS / 1000; left > 0; left -= 1) {
      say(this.speak, this.t("test_speaking", { left }));
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    recorder.stop();
    this.player.src = URL.createObjectURL(await sound);
    this.meter.stop();
    drawLevel(this.bar, -60);
    this.listen.disabled = false;
    say(this.speak, this.t("test_again"));
    say(this.result, this.t(judge(heard)));
  }

  #finish() {
    this.stop();
    choose(this.device.value);
    this.onDone();
  }

  stop() {
    this.meter?.stop();
    close(this.stream);
    this.player.pause();
  }
}

function judge({ loudest, clips }) {
  if (loudest < SILENT_DB) return "test_silent";
  if (clips >= 3) return "test_loud";
  return loudest < QUIET_DB ? "test_quiet" : "test_good";
}

/** A level of -60 dB is an empty bar, 0 dB a full one. */
export function drawLevel(bar, db) {
  const share = Math.max(0, Math.min(1, (db + 60) / 60));
  bar.style.setProperty("--level", share.toFixed(3));
  bar.classList.toggle("annotate-hot", db > -6);
}
