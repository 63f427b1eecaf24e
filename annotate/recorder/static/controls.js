// The panel's buttons: a large one for the next action, others beside it, secondary ones below.

import { h, setText, show } from "./dom.js";

const SURE_MS = 5000;
// In the order in which they stand. Stop stands where Record stood, and stays there in a pause.
const KINDS = {
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
const QUIET = ["microphone", "previous", "skip"];

export class Controls {
  #sure = null; // the timer while a second press skips

  /** `act(name)` gets every press. */
  constructor(t, act) {
    Object.assign(this, { t, act });
    this.buttons = {};
    for (const [name, kind] of Object.entries(KINDS)) this.#add(name, kind, () => act(name));
    for (const name of QUIET) {
      const press = name === "skip" ? () => this.#skip() : () => act(name);
      this.#add(name, "annotate-quiet", press);
    }
    const of = (names) => names.map((name) => this.buttons[name]);
    this.element = h("div", { class: "annotate-row" }, ...of(Object.keys(KINDS)));
    this.quiet = h("div", { class: "annotate-row annotate-quiet-row" }, ...of(QUIET));
  }

  #add(name, kind, onclick) {
    this.buttons[name] = h("button", {
      type: "button", class: `annotate-button ${kind}`, "data-action": name, onclick,
    }, this.t(name));
  }

  /** Skipping can't be undone here, so it requires a second press as confirmation. */
  #skip() {
    const sure = this.#sure !== null;
    this.#calm();
    if (sure) return this.act("skip");
    setText(this.buttons.skip, this.t("skip_sure"));
    this.buttons.skip.dataset.sure = "";
    this.#sure = setTimeout(() => this.#calm(), SURE_MS);
  }

  #calm() {
    clearTimeout(this.#sure);
    this.#sure = null;
    setText(this.buttons.skip, this.t("skip"));
    delete this.buttons.skip.dataset.sure;
  }

  /** Show the buttons of these names. */
  show(names, listening) {
    if (!names.includes("skip")) this.#calm();
    for (const [name, button] of Object.entries(this.buttons)) show(button, names.includes(name));
    setText(this.buttons.listen, this.t(listening ? "silence" : "listen"));
  }

  /** Set whether Label Studio is storing a submission. */
  busy(on) {
    this.buttons.submit.disabled = on;
  }
}
