// The guiding questions; each can be ticked during the recording.

import { h, setText } from "./dom.js";
import { minutes } from "./strings.js";

export class Questions {
  #entries = new Map();

  /** `onAction("question", id)` is called at every press. */
  constructor({ protocol, language, t, onAction }) {
    this.t = t;
    const items = protocol.questions.map((question) => {
      const text = question.text[language] ?? question.text[protocol.language];
      const timeLabel = h("span", { class: "annotate-at" });
      const button = h("button", {
        type: "button", class: "annotate-question", "aria-pressed": "false", disabled: true,
        "data-question": question.id, onclick: () => onAction("question", question.id),
      }, h("span", { class: "annotate-tick", "aria-hidden": "true" }),
        h("span", { dir: "auto" }, text ?? Object.values(question.text)[0]), timeLabel);
      this.#entries.set(question.id, { button, timeLabel });
      return h("li", {}, button);
    });
    this.element = h("section", { class: "annotate-questions" },
      h("div", { class: "annotate-questions-head" },
        h("h4", {}, t("questions")), h("p", { class: "annotate-small" }, t("questions_hint"))),
      h("ol", {}, ...items));
  }

  enable(enabled) {
    for (const { button } of this.#entries.values()) button.disabled = !enabled;
  }

  /** The ticked questions with their times: `[{question, t_ms}]`. */
  show(prompts) {
    const times = new Map(prompts.map((prompt) => [prompt.question, prompt.t_ms]));
    for (const [id, { button, timeLabel }] of this.#entries) {
      button.setAttribute("aria-pressed", String(times.has(id)));
      setText(timeLabel, times.has(id) ? this.t("passed_at", { time: minutes(times.get(id)) }) : "");
    }
  }
}
