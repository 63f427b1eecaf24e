// The recorder's panel. It renders a state and reports actions; it contains no logic.

import { Controls } from "./controls.js";
import { h, setText, setVisible } from "./dom.js";
import { drawLevel } from "./level.js";
import { otherLanguage, textDirection } from "./language.js";
import { Questions } from "./questions.js";
import { RECORDING_STATES, UPLOADING_STATES } from "./states.js";
import { minutes, translator } from "./strings.js";

export const SHORTCUT_KEYS = { record: "KeyP", stop: "KeyS", listen: "KeyK", next: "KeyN" };
const SHORTCUT_LABELS = [["P", "key_record"], ["S", "key_stop"], ["K", "key_listen"], ["N", "key_next"]];
const TOUCH = matchMedia("(hover: none) and (pointer: coarse)");

export class Panel {
  /** `onAction(name, value)` is called at every press of a button. */
  constructor({ protocol, language, onAction }) {
    Object.assign(this, { protocol, language, onAction });
    this.t = translator(language);
    this.controls = new Controls(this.t, onAction);
    this.questions = new Questions({ protocol, language, t: this.t, onAction });
    this.#build();
  }

  #build() {
    const { t, language } = this;
    this.status = h("p", { class: "annotate-status", role: "status", "aria-live": "polite" });
    this.warning = h("p", { class: "annotate-warning", role: "alert" });
    this.time = h("span", { class: "annotate-time", role: "timer", "aria-label": t("clock"), dir: "ltr" });
    this.requestedTime = h("span", { class: "annotate-asked" });
    this.cards = h("div", { class: "annotate-cards" });
    this.otherTakes = h("div", { class: "annotate-others" });
    this.main = h("div", { class: "annotate-main" },
      h("div", { class: "annotate-clock" }, h("i", { class: "annotate-dot" }), this.time, this.requestedTime),
      this.#progress(), this.#level(), this.controls.element);
    this.element = h(
      "section",
      { class: "annotate-panel", dir: textDirection(language), lang: language, "aria-label": t("title") },
      this.#head(), this.cards, this.main, this.status, this.warning, this.#uploadError(), this.otherTakes,
      this.questions.element, this.controls.secondaryRow, this.#shortcuts(),
    );
  }

  #head() {
    const { t } = this;
    const other = otherLanguage(this.language);
    this.languageButton = h("button", {
      type: "button", class: "annotate-button annotate-quiet annotate-language", lang: other,
      "data-action": "language", onclick: () => this.onAction("language", other),
    }, t("other_language"));
    return h("div", { class: "annotate-head" },
      h("div", { class: "annotate-title" }, h("h3", {}, t("title")), this.languageButton),
      h("p", { class: "annotate-lead" }, t(TOUCH.matches ? "lead_touch" : "lead")));
  }

  #progress() {
    this.progressFill = h("div", { class: "annotate-fill" });
    this.minimumMark = h("div", { class: "annotate-least" });
    const { minimum_seconds: minimum, asked_seconds: requested } = this.protocol;
    this.minimumMark.style.setProperty("--at", Math.min(1, minimum / requested));
    this.progressBar = h("div", { class: "annotate-progress", "aria-hidden": "true" },
      this.progressFill, this.minimumMark);
    this.seekSlider = h("input", {
      type: "range", min: 0, step: 100, class: "annotate-seek", "aria-label": this.t("position"),
      oninput: () => this.onAction("seek", Number(this.seekSlider.value)),
    });
    return h("div", {}, this.progressBar, this.seekSlider);
  }

  #level() {
    this.levelBar = h("div", { class: "annotate-level-bar" });
    this.levelBox = h("div", {
      class: "annotate-level", role: "meter", "aria-label": this.t("level"),
      "aria-valuemin": -60, "aria-valuemax": 0, "aria-valuenow": -60,
    }, this.levelBar);
    this.levelRow = h("div", { class: "annotate-level-row" },
      h("span", { class: "annotate-small", "aria-hidden": "true" }, this.t("level")), this.levelBox);
    return this.levelRow;
  }

  #uploadError() {
    this.errorText = h("p", {});
    this.retryText = h("p", { class: "annotate-small" });
    this.loginLink = h("a", { class: "annotate-button", href: "/user/login/", target: "_blank" }, this.t("login"));
    this.downloadLink = h("a", { class: "annotate-button", "data-action": "download" }, this.t("download"));
    this.uploadError = h("div", { class: "annotate-delivery", hidden: true }, this.errorText, this.retryText,
      h("div", { class: "annotate-row" },
        h("button", {
          type: "button", class: "annotate-button annotate-primary", "data-action": "retry",
          onclick: () => this.onAction("retry"),
        }, this.t("retry_now")),
        this.loginLink, this.downloadLink));
    return this.uploadError;
  }

  #shortcuts() {
    const rows = SHORTCUT_LABELS.flatMap(([letter, key]) => [
      h("dt", { dir: "ltr" }, h("kbd", {}, "Alt"), "+", h("kbd", {}, letter)),
      h("dd", {}, this.t(key)),
    ]);
    return h("details", { class: "annotate-shortcuts" },
      h("summary", {}, this.t("shortcuts")), h("dl", {}, ...rows));
  }

  /** Render a state: `{state, text, buttons, card, playing}`. */
  show({ state, text, buttons, card = null, playing = false }) {
    this.element.dataset.state = state;
    // Controls stay hidden until existing recordings are loaded.
    const loaded = state !== "loading";
    const recording = RECORDING_STATES.includes(state);
    this.element.setAttribute("aria-busy", String(!loaded));
    if (!recording) delete this.element.dataset.reached;
    setText(this.status, text);
    this.controls.show(buttons, playing);
    if (this.cards.firstChild !== card) this.cards.replaceChildren(...(card ? [card] : []));
    setVisible(this.main, loaded && card === null);
    setVisible(this.questions.element, loaded && card === null);
    setVisible(this.languageButton, loaded && !recording && !UPLOADING_STATES.includes(state));
    setVisible(this.levelRow, recording);
    setVisible(this.seekSlider, buttons.includes("listen"));
    setVisible(this.progressBar, !buttons.includes("listen"));
    this.questions.enable(recording);
  }

  /** The requested time is reached. */
  showReached(text) {
    this.element.dataset.reached = "";
    setText(this.status, text);
  }

  /** The time recorded so far or, with `durationMs`, the position of playback. */
  showTime(ms, durationMs = null) {
    const requestedMs = this.protocol.asked_seconds * 1000;
    const totalMs = durationMs ?? requestedMs;
    setText(this.time, minutes(ms));
    const ofTotal = durationMs === null ? this.t("asked", { asked: minutes(requestedMs) }) : `/ ${minutes(totalMs)}`;
    setText(this.requestedTime, ofTotal);
    this.progressFill.style.setProperty("--at", Math.min(1, ms / totalMs).toFixed(4));
    this.progressBar.classList.toggle("annotate-enough", ms >= this.protocol.minimum_seconds * 1000);
    this.seekSlider.max = totalMs;
    this.seekSlider.value = ms;
    this.seekSlider.setAttribute("aria-valuetext", minutes(ms));
  }

  showLevel(db) {
    drawLevel(this.levelBar, db);
    const rounded = String(Math.max(-60, Math.round(db / 6) * 6));
    if (this.levelBox.getAttribute("aria-valuenow") !== rounded) {
      this.levelBox.setAttribute("aria-valuenow", rounded);
    }
  }

  showWarning(key, values = {}) {
    setText(this.warning, key ? this.t(key, values) : "");
  }

  showQuestions(prompts) {
    this.questions.show(prompts);
  }

  /** Why a take isn't on the server yet, from `RetryingUpload`; null hides it. */
  showUploadError(failure) {
    setVisible(this.uploadError, failure !== null);
    if (failure === null) return;
    setText(this.errorText, this.t(...failure.message));
    setText(this.retryText, failure.seconds > 0 ? this.t("retry_in", { seconds: failure.seconds }) : "");
    setVisible(this.loginLink, failure.needsLogin);
    this.downloadLink.href = failure.audioUrl;
    this.downloadLink.download = failure.fileName;
  }

  /** Links to other images with takes that are only in this browser. */
  showOtherTakes(takes) {
    const links = takes.map((take) =>
      h("li", {}, h("a", { href: take.href, "data-external": "true" },
        this.t("other", { task: take.task, time: minutes(take.client_ms) }))));
    this.otherTakes.replaceChildren(
      ...(links.length ? [h("p", { class: "annotate-small" }, this.t("others")), h("ul", {}, ...links)] : []));
  }
}
