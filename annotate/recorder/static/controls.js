// The panel's buttons: a large one for the next action, others beside it, secondary ones below.

import { h, setText, setVisible } from "./dom.js";

const CONFIRM_MS = 5000;
// Button names and their CSS classes, in display order. Stop takes the place of Record, also during
// a pause.
const MAIN_BUTTONS = {
  record: "annotate-large annotate-record",
  stop: "annotate-large annotate-stop",
  submit: "annotate-large annotate-primary annotate-submit",
  next: "annotate-large annotate-primary",
  keep: "annotate-large annotate-primary",
  pause: "annotate-pause",
  go_on: "annotate-go-on",
  listen: "annotate-listen",
  redo: "",
  keep_earlier: "",
};
const SECONDARY_BUTTONS = ["microphone", "previous", "skip"];

export class Controls {
  #confirmTimer = null; // set while a second press confirms skipping

  /** `onAction(name)` is called at every press. */
  constructor(t, onAction) {
    Object.assign(this, { t, onAction });
    this.buttons = {};
    for (const [name, className] of Object.entries(MAIN_BUTTONS)) this.#add(name, className, () => onAction(name));
    for (const name of SECONDARY_BUTTONS) {
      const handler = name === "skip" ? () => this.#pressSkip() : () => onAction(name);
      this.#add(name, "annotate-quiet", handler);
    }
    const elementsOf = (names) => names.map((name) => this.buttons[name]);
    this.element = h("div", { class: "annotate-row" }, ...elementsOf(Object.keys(MAIN_BUTTONS)));
    this.secondaryRow = h("div", { class: "annotate-row annotate-quiet-row" }, ...elementsOf(SECONDARY_BUTTONS));
  }

  #add(name, className, onclick) {
    this.buttons[name] = h("button", {
      type: "button", class: `annotate-button ${className}`, "data-action": name, onclick,
    }, this.t(name));
  }

  /** Skipping can't be undone here, so it requires a second press as confirmation. */
  #pressSkip() {
    const confirmed = this.#confirmTimer !== null;
    this.#resetSkip();
    if (confirmed) return this.onAction("skip");
    setText(this.buttons.skip, this.t("skip_sure"));
    this.buttons.skip.dataset.sure = "";
    this.#confirmTimer = setTimeout(() => this.#resetSkip(), CONFIRM_MS);
  }

  #resetSkip() {
    clearTimeout(this.#confirmTimer);
    this.#confirmTimer = null;
    setText(this.buttons.skip, this.t("skip"));
    delete this.buttons.skip.dataset.sure;
  }

  /** Show the buttons of these names. */
  show(names, playing) {
    if (!names.includes("skip")) this.#resetSkip();
    for (const [name, button] of Object.entries(this.buttons)) setVisible(button, names.includes(name));
    setText(this.buttons.listen, this.t(playing ? "silence" : "listen"));
  }

  /** Disable Submit while Label Studio is storing a submission. */
  setSubmitting(submitting) {
    this.buttons.submit.disabled = submitting;
  }
}
