// What the annotator sees. It shows a state and hands presses on; it decides nothing.

import { drawLevel } from "./cards.js";
import { h, say, show } from "./dom.js";
import { SPEAKING } from "./states.js";
import { minutes, speaker } from "./strings.js";

export const KEYS = { record: "KeyP", stop: "KeyS", listen: "KeyK", next: "KeyN" };
const SHORTCUTS = [["P", "key_record"], ["S", "key_stop"], ["K", "key_listen"], ["N", "key_next"]];

export class Panel {
  /** `act(name, value)` hears every press. */
  constructor(protocol, act) {
    this.protocol = protocol;
    this.act = act;
    this.t = speaker(protocol.interface);
    this.#make();
  }

  #make() {
    const { t } = this;
    const rtl = this.protocol.interface === "ar";
    this.status = h("p", { class: "annotate-status", role: "status", "aria-live": "polite" });
    this.warning = h("p", { class: "annotate-warning", role: "alert" });
    this.time = h("span", { class: "annotate-time", role: "timer", "aria-label": t("clock"), dir: "ltr" });
    this.asked = h("span", { class: "annotate-asked" });
    this.cards = h("div", { class: "annotate-cards" });
    this.others = h("div", { class: "annotate-others" });
    this.main = h("div", { class: "annotate-main" },
      h("div", { class: "annotate-clock" }, h("i", { class: "annotate-dot" }), this.time, this.asked),
      this.#progress(), this.#level(), this.#buttons());
    this.list = this.#questions();
    this.element = h(
      "section",
      { class: "annotate-panel", dir: rtl ? "rtl" : "ltr", lang: this.protocol.interface, "aria-label": t("title") },
      h("h3", {}, t("title")), h("p", { class: "annotate-lead" }, t("lead")),
      this.cards, this.main, this.status, this.warning, this.#delivery(), this.others,
      this.list, this.#shortcuts(),
    );
  }

  #button(action, kind = "", key = action) {
    return h("button", {
      type: "button", class: `annotate-button ${kind}`, "data-action": action,
      onclick: () => this.act(action),
    }, this.t(key));
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

  #buttons() {
    this.buttons = {
      record: this.#button("record", "annotate-primary annotate-record"),
      pause: this.#button("pause"),
      go_on: this.#button("go_on", "annotate-primary"),
      stop: this.#button("stop"),
      listen: this.#button("listen"),
      keep: this.#button("keep", "annotate-primary"),
      redo: this.#button("redo"),
      keep_earlier: this.#button("keep_earlier"),
      microphone: this.#button("microphone", "annotate-quiet"),
    };
    return h("div", { class: "annotate-row" }, ...Object.values(this.buttons));
  }

  #questions() {
    const { t, protocol } = this;
    this.ticks = new Map();
    const items = protocol.questions.map((question) => {
      const at = h("span", { class: "annotate-at" });
      const words = question.text[protocol.interface] ?? question.text[protocol.language];
      const button = h("button", {
        type: "button", class: "annotate-question", "aria-pressed": "false", disabled: true,
        "data-question": question.id, onclick: () => this.act("question", question.id),
      }, h("span", { class: "annotate-tick", "aria-hidden": "true" }),
        h("span", { dir: "auto" }, words ?? Object.values(question.text)[0]), at);
      this.ticks.set(question.id, { button, at });
      return h("li", {}, button);
    });
    return h("section", { class: "annotate-questions" },
      h("h4", {}, t("questions")), h("p", { class: "annotate-small" }, t("questions_hint")),
      h("ol", {}, ...items));
  }

  #delivery() {
    this.why = h("p", {});
    this.when = h("p", { class: "annotate-small" });
    this.login = h("a", { class: "annotate-button", href: "/user/login/", target: "_blank" }, this.t("login"));
    this.download = h("a", { class: "annotate-button", "data-action": "download" }, this.t("download"));
    this.delivery = h("div", { class: "annotate-delivery", hidden: true }, this.why, this.when,
      h("div", { class: "annotate-row" }, this.#button("retry", "annotate-primary", "retry_now"),
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

  /** Show a state: `{state, text, buttons, card, ms, length_ms}`. */
  show({ state, text, buttons, card = null, listening = false }) {
    this.element.dataset.state = state;
    // Nothing is offered and nothing claimed while it isn't known what there is already.
    const known = state !== "loading";
    this.element.setAttribute("aria-busy", String(!known));
    show(this.list, known);
    say(this.status, text);
    for (const [name, button] of Object.entries(this.buttons)) show(button, buttons.includes(name));
    if (this.cards.firstChild !== card) this.cards.replaceChildren(...(card ? [card] : []));
    show(this.main, known && card === null);
    const live = SPEAKING.includes(state);
    show(this.levelRow, live);
    show(this.seek, buttons.includes("listen"));
    show(this.bar, !buttons.includes("listen"));
    for (const { button } of this.ticks.values()) button.disabled = !live;
    say(this.buttons.listen, this.t(listening ? "silence" : "listen"));
  }

  /** The clock: what is recorded so far, or where listening has come to. */
  showTime(ms, length_ms = null) {
    const asked_ms = this.protocol.asked_seconds * 1000;
    const whole = length_ms ?? asked_ms;
    say(this.time, minutes(ms));
    say(this.asked, length_ms === null ? this.t("asked", { asked: minutes(asked_ms) }) : `/ ${minutes(whole)}`);
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
    say(this.warning, key ? this.t(key, values) : "");
  }

  showQuestions(prompts) {
    const times = new Map(prompts.map((one) => [one.question, one.t_ms]));
    for (const [id, { button, at }] of this.ticks) {
      button.setAttribute("aria-pressed", String(times.has(id)));
      say(at, times.has(id) ? this.t("passed_at", { time: minutes(times.get(id)) }) : "");
    }
  }

  /** Why a take isn't on the server yet; null when there is nothing to say. */
  showDelivery(trouble) {
    show(this.delivery, trouble !== null);
    if (trouble === null) return;
    say(this.why, this.t(...trouble.reason));
    say(this.when, trouble.seconds > 0 ? this.t("retry_in", { seconds: trouble.seconds }) : "");
    show(this.login, trouble.login);
    this.download.href = trouble.href;
    this.download.download = trouble.file;
  }

  /** Takes of other images that wait in this browser. */
  showOthers(takes) {
    const links = takes.map((take) =>
      h("li", {}, h("a", { href: take.href },
        this.t("other", { task: take.task, time: minutes(take.client_ms) }))));
    this.others.replaceChildren(
      ...(links.length ? [h("p", { class: "annotate-small" }, this.t("others")), h("ul", {}, ...links)] : []));
  }
}
