// The recorder's panel. It shows a state and passes presses on; it contains no logic.

import { Controls } from "./controls.js";
import { h, setText, show } from "./dom.js";
import { drawLevel } from "./level.js";
import { directionOf, otherThan } from "./language.js";
import { Questions } from "./questions.js";
import { SPEAKING, UNSENT } from "./states.js";
import { minutes, speaker } from "./strings.js";

export const KEYS = { record: "KeyP", stop: "KeyS", listen: "KeyK", next: "KeyN" };
const SHORTCUTS = [["P", "key_record"], ["S", "key_stop"], ["K", "key_listen"], ["N", "key_next"]];
const TOUCH = matchMedia("(hover: none) and (pointer: coarse)");

export class Panel {
  /** `act(name, value)` is called at every press of a button. */
  constructor({ protocol, language, act }) {
    Object.assign(this, { protocol, language, act });
    this.t = speaker(language);
    this.controls = new Controls(this.t, act);
    this.questions = new Questions({ protocol, language, t: this.t, act });
    this.#make();
  }

  #make() {
    const { t, language } = this;
    this.status = h("p", { class: "annotate-status", role: "status", "aria-live": "polite" });
    this.warning = h("p", { class: "annotate-warning", role: "alert" });
    this.time = h("span", { class: "annotate-time", role: "timer", "aria-label": t("clock"), dir: "ltr" });
    this.asked = h("span", { class: "annotate-asked" });
    this.cards = h("div", { class: "annotate-cards" });
    this.others = h("div", { class: "annotate-others" });
    this.main = h("div", { class: "annotate-main" },
      h("div", { class: "annotate-clock" }, h("i", { class: "annotate-dot" }), this.time, this.asked),
      this.#progress(), this.#level(), this.controls.element);
    this.element = h(
      "section",
      { class: "annotate-panel", dir: directionOf(language), lang: language, "aria-label": t("title") },
      this.#head(), this.cards, this.main, this.status, this.warning, this.#delivery(), this.others,
      this.questions.element, this.controls.quiet, this.#shortcuts(),
    );
  }

  #head() {
    const { t } = this;
    const other = otherThan(this.language);
    this.switch = h("button", {
      type: "button", class: "annotate-button annotate-quiet annotate-language", lang: other,
      "data-action": "language", onclick: () => this.act("language", other),
    }, t("other_language"));
    return h("div", { class: "annotate-head" },
      h("div", { class: "annotate-title" }, h("h3", {}, t("title")), this.switch),
      h("p", { class: "annotate-lead" }, t(TOUCH.matches ? "lead_touch" : "lead")));
  }

  #progress() {
    this.fill = h("div", { class: "annotate-fill" });
    this.least = h("div", { class: "annotate-least" });
    const { minimum_seconds: least, asked_seconds: asked } = this.protocol;
    this.least.style.setProperty("--at", Math.min(1, least / asked));
    this.bar = h("div", { class: "annotate-progress", "aria-hidden": "true" }, this.fill, this.least);
    this.seek = h("input", {
      type: "range", min: 0, step: 100, class: "annotate-seek", "aria-label": this.t("position"),
      oninput: () => this.act("seek", Number(this.seek.value)),
    });
    return h("div", {}, this.bar, this.seek);
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

  #delivery() {
    this.why = h("p", {});
    this.when = h("p", { class: "annotate-small" });
    this.login = h("a", { class: "annotate-button", href: "/user/login/", target: "_blank" }, this.t("login"));
    this.download = h("a", { class: "annotate-button", "data-action": "download" }, this.t("download"));
    this.delivery = h("div", { class: "annotate-delivery", hidden: true }, this.why, this.when,
      h("div", { class: "annotate-row" },
        h("button", {
          type: "button", class: "annotate-button annotate-primary", "data-action": "retry",
          onclick: () => this.act("retry"),
        }, this.t("retry_now")),
        this.login, this.download));
    return this.delivery;
  }

  #shortcuts() {
    const rows = SHORTCUTS.flatMap(([letter, key]) => [
      h("dt", { dir: "ltr" }, h("kbd", {}, "Alt"), "+", h("kbd", {}, letter)),
      h("dd", {}, this.t(key)),
    ]);
    return h("details", { class: "annotate-shortcuts" },
      h("summary", {}, this.t("shortcuts")), h("dl", {}, ...rows));
  }

  /** Show a state: `{state, text, buttons, card, listening}`. */
  show({ state, text, buttons, card = null, listening = false }) {
    this.element.dataset.state = state;
    // Nothing is offered and nothing claimed while it isn't known what there is already.
    const known = state !== "loading";
    const live = SPEAKING.includes(state);
    this.element.setAttribute("aria-busy", String(!known));
    if (!live) delete this.element.dataset.reached;
    setText(this.status, text);
    this.controls.show(buttons, listening);
    if (this.cards.firstChild !== card) this.cards.replaceChildren(...(card ? [card] : []));
    show(this.main, known && card === null);
    show(this.questions.element, known && card === null);
    show(this.switch, known && !live && !UNSENT.includes(state));
    show(this.levelRow, live);
    show(this.seek, buttons.includes("listen"));
    show(this.bar, !buttons.includes("listen"));
    this.questions.enable(live);
  }

  /** The time that was asked for is reached, which is good news. */
  showReached(text) {
    this.element.dataset.reached = "";
    setText(this.status, text);
  }

  /** The clock: what is recorded so far, or where listening has come to. */
  showTime(ms, length_ms = null) {
    const asked_ms = this.protocol.asked_seconds * 1000;
    const whole = length_ms ?? asked_ms;
    setText(this.time, minutes(ms));
    setText(this.asked, length_ms === null ? this.t("asked", { asked: minutes(asked_ms) }) : `/ ${minutes(whole)}`);
    this.fill.style.setProperty("--at", Math.min(1, ms / whole).toFixed(4));
    this.bar.classList.toggle("annotate-enough", ms >= this.protocol.minimum_seconds * 1000);
    this.seek.max = whole;
    this.seek.value = ms;
    this.seek.setAttribute("aria-valuetext", minutes(ms));
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

  /** Why a take isn't on the server yet; null when there is nothing to say. */
  showDelivery(trouble) {
    show(this.delivery, trouble !== null);
    if (trouble === null) return;
    setText(this.why, this.t(...trouble.reason));
    setText(this.when, trouble.seconds > 0 ? this.t("retry_in", { seconds: trouble.seconds }) : "");
    show(this.login, trouble.login);
    this.download.href = trouble.href;
    this.download.download = trouble.file;
  }

  /** Takes of other images that wait in this browser. */
  showOthers(takes) {
    const links = takes.map((take) =>
      h("li", {}, h("a", { href: take.href, "data-external": "true" },
        this.t("other", { task: take.task, time: minutes(take.client_ms) }))));
    this.others.replaceChildren(
      ...(links.length ? [h("p", { class: "annotate-small" }, this.t("others")), h("ul", {}, ...links)] : []));
  }
}
