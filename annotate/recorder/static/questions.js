// The guiding questions; each can be ticked during the recording.

import { h, setText } from "./dom.js";
import { minutes } from "./strings.js";

export class Questions {
  #ticks = new Map();

  /** `act("question", id)` gets every press. */
  constructor({ protocol, language, t, act }) {
    this.t = t;
    const items = protocol.questions.map((question) => {
      const words = question.text[language] ?? question.text[protocol.language];
      const at = h("span", { class: "annotate-at" });
      const button = h("button", {
        type: "button", class: "annotate-question", "aria-pressed": "false", disabled: true,
        "data-question": question.id, onclick: () => act("question", question.id),
      }, h("span", { class: "annotate-tick", "aria-hidden": "true" }),
        h("span", { dir: "auto" }, words ?? Object.values(question.text)[0]), at);
      this.#ticks.set(question.id, { button, at });
      return h("li", {}, button);
    });
    this.element = h("section", { class: "annotate-questions" },
      h("div", { class: "annotate-questions-head" },
        h("h4", {}, t("questions")), h("p", { class: "annotate-small" }, t("questions_hint"))),
      h("ol", {}, ...items));
  }

  enable(on) {
    for (const { button } of this.#ticks.values()) button.disabled = !on;
  }

  /** The ticked questions with their times: `[{question, t_ms}]`. */
  show(prompts) {
    const times = new Map(prompts.map((one) => [one.question, one.t_ms]));
    for (const [id, { button, at }] of this.#ticks) {
      button.setAttribute("aria-pressed", String(times.has(id)));
      setText(at, times.has(id) ? this.t("passed_at", { time: minutes(times.get(id)) }) : "");
    }
  }
}
