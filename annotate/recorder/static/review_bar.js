// The buttons for the decision on a caption, and for the reason of a rejection.

import { h, setText, setVisible } from "./dom.js";
import { REASONS } from "./review_decision.js";

const DECISIONS = ["accept", "fix", "reject"];

export class DecisionBar {
  /** `on` has the callbacks `choose(choice)` and `reason(code)`. */
  constructor({ t, readOnly, on }) {
    Object.assign(this, { t, on, readOnly });
    this.decisionButtons = new Map(DECISIONS.map((name, index) => [name, this.#decisionButton(name, index + 1)]));
    this.reasonButtons = new Map(REASONS.map((code, index) => [code, this.#reasonButton(code, index)]));
    this.reasonGroup = h("div", { class: "annotate-rv-reasons", role: "group", "aria-label": t("why") },
      h("span", { class: "annotate-rv-why" }, t("why")), ...this.reasonButtons.values());
    this.reasonGroup.addEventListener("keydown", (event) => this.#onDigitKey(event));
    this.status = h("p", { class: "annotate-rv-status", role: "status", "aria-live": "polite" });
    this.submitHint = h("p", { class: "annotate-rv-submits" }, keyHint("Ctrl", "Enter"), " ", t("submits"));
    this.element = h("div", { class: "annotate-rv-bar" }, this.reasonGroup,
      h("div", { class: "annotate-rv-choices", role: "group", "aria-label": t("decision") },
        ...this.decisionButtons.values()), this.status, this.submitHint);
  }

  #decisionButton(name, number) {
    return h("button", {
      type: "button", class: "annotate-rv-choice", "data-action": name, "aria-pressed": "false",
      "aria-keyshortcuts": `Alt+${number}`, disabled: this.readOnly, onclick: () => this.on.choose(name),
    }, h("span", {}, this.t(name)), keyHint("Alt", String(number)));
  }

  #reasonButton(code, index) {
    return h("button", {
      type: "button", class: "annotate-rv-reason", "data-reason": code, "aria-pressed": "false",
      "aria-keyshortcuts": `${index + 1} Alt+${index + 4}`, disabled: this.readOnly,
      onclick: () => this.on.reason(code),
    }, h("kbd", { dir: "ltr" }, String(index + 1)), h("span", {}, this.t(`reason_${code}`)));
  }

  /** While a reason has the focus, digits without Alt choose a reason. */
  #onDigitKey(event) {
    const digit = /^(?:Digit|Numpad)([1-6])$/.exec(event.code)?.[1];
    if (!digit || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (!this.readOnly) this.on.reason(REASONS[Number(digit) - 1]);
  }

  focusReasons() {
    const chosen = [...this.reasonButtons.values()].find((button) => button.getAttribute("aria-pressed") === "true");
    (chosen ?? this.reasonButtons.get(REASONS[0])).focus();
  }

  /** Render the decision, and a message on what is missing or "". */
  show(decision, message) {
    for (const [name, button] of this.decisionButtons) {
      button.setAttribute("aria-pressed", String(decision.choice === name));
    }
    for (const [code, button] of this.reasonButtons) {
      button.setAttribute("aria-pressed", String(decision.reasons.includes(code)));
    }
    setVisible(this.reasonGroup, decision.choice === "reject");
    setVisible(this.submitHint, decision.lacking === null && !this.readOnly);
    setText(this.status, message);
  }
}

/** A shortcut, as shown on a button. */
export function keyHint(...names) {
  return h("span", { class: "annotate-rv-keys", dir: "ltr", "aria-hidden": "true" },
    ...names.flatMap((name, index) => [index ? "+" : null, h("kbd", {}, name)]));
}
