// The buttons for a decision on a caption, and their labels.

import { h, setText, show } from "./dom.js";
import { REASONS } from "./review_decision.js";

const CHOICES = ["accept", "fix", "reject"];

export class Bar {
  /** `on` has the callbacks `choose(choice)` and `reason(code)`. */
  constructor({ t, readOnly, on }) {
    Object.assign(this, { t, on, readOnly });
    this.buttons = new Map(CHOICES.map((name, index) => [name, this.#choice(name, index + 1)]));
    this.reasons = new Map(REASONS.map((code, index) => [code, this.#reason(code, index)]));
    this.why = h("div", { class: "annotate-rv-reasons", role: "group", "aria-label": t("why") },
      h("span", { class: "annotate-rv-why" }, t("why")), ...this.reasons.values());
    this.why.addEventListener("keydown", (event) => this.#digit(event));
    this.status = h("p", { class: "annotate-rv-status", role: "status", "aria-live": "polite" });
    this.submits = h("p", { class: "annotate-rv-submits" }, keys("Ctrl", "Enter"), " ", t("submits"));
    this.element = h("div", { class: "annotate-rv-bar" }, this.why,
      h("div", { class: "annotate-rv-choices", role: "group", "aria-label": t("decision") },
        ...this.buttons.values()), this.status, this.submits);
  }

  #choice(name, number) {
    return h("button", {
      type: "button", class: "annotate-rv-choice", "data-action": name, "aria-pressed": "false",
      "aria-keyshortcuts": `Alt+${number}`, disabled: this.readOnly, onclick: () => this.on.choose(name),
    }, h("span", {}, this.t(name)), keys("Alt", String(number)));
  }

  #reason(code, index) {
    return h("button", {
      type: "button", class: "annotate-rv-reason", "data-reason": code, "aria-pressed": "false",
      "aria-keyshortcuts": `${index + 1} Alt+${index + 4}`, disabled: this.readOnly,
      onclick: () => this.on.reason(code),
    }, h("kbd", { dir: "ltr" }, String(index + 1)), h("span", {}, this.t(`reason_${code}`)));
  }

  /** With the focus among the reasons a digit alone chooses one. */
  #digit(event) {
    const digit = /^(?:Digit|Numpad)([1-6])$/.exec(event.code)?.[1];
    if (!digit || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!this.readOnly) this.on.reason(REASONS[Number(digit) - 1]);
  }

  focusReasons() {
    const chosen = [...this.reasons.values()].find((one) => one.getAttribute("aria-pressed") === "true");
    (chosen ?? this.reasons.get(REASONS[0])).focus();
  }

  /** Show the decision, and what is missing as a sentence or "". */
  show(decision, sentence) {
    for (const [name, button] of this.buttons) {
      button.setAttribute("aria-pressed", String(decision.choice === name));
    }
    for (const [code, button] of this.reasons) {
      button.setAttribute("aria-pressed", String(decision.reasons.includes(code)));
    }
    show(this.why, decision.choice === "reject");
    show(this.submits, decision.lacking === null && !this.readOnly);
    setText(this.status, sentence);
  }
}

/** Keys as they stand on a button. */
export function keys(...names) {
  return h("span", { class: "annotate-rv-keys", dir: "ltr", "aria-hidden": "true" },
    ...names.flatMap((name, index) => [index ? "+" : null, h("kbd", {}, name)]));
}
