// Header for annotators, instead of Label Studio's: progress, colour scheme, sign-out.

import { h, setText } from "./dom.js";
import { directionOf, languageOf } from "./language.js";
import { speaker } from "./strings.js";
import { readProgress } from "./upload.js";

const THEME = "preferred-color-scheme"; // Label Studio's own key and values
const DONE = "/annotate/done";
const EVERY_MS = 1000;

class Bar {
  #task = null;
  #asked = false;

  constructor(language) {
    this.t = speaker(language);
    this.progress = h("span", { class: "annotate-progress-text", role: "status" });
    this.theme = h("button", {
      type: "button", class: "annotate-button annotate-quiet", "data-action": "theme",
      onclick: () => this.#turn(),
    });
    this.element = h("header", { class: "annotate-bar", dir: directionOf(language), lang: language },
      h("strong", { class: "annotate-bar-title" }, this.t("bar")), this.progress, this.theme,
      this.#signOut());
    this.#nameTheme();
  }

  #signOut() {
    // Label Studio's page follows links by itself; `data-external` leaves this one to the browser.
    return h("a", {
      class: "annotate-button annotate-quiet", href: "/logout",
      "data-action": "sign-out", "data-external": "true",
    }, this.t("sign_out"));
  }

  get #dark() {
    return document.documentElement.dataset.colorScheme === "dark";
  }

  #nameTheme() {
    setText(this.theme, this.t(this.#dark ? "light" : "dark"));
  }

  #turn() {
    const name = this.#dark ? "Light" : "Dark";
    localStorage.setItem(THEME, name);
    document.documentElement.dataset.colorScheme = name.toLowerCase();
    this.#nameTheme();
  }

  /** Update the counts after each image; without remaining images, open the end page. */
  look() {
    const studio = window.Htx;
    if (studio?.noTask) return location.replace(DONE);
    const task = studio?.task?.id ?? null;
    if (this.#asked && task === this.#task) return;
    this.#task = task;
    this.#asked = true;
    readProgress()
      .then(({ done, left }) => setText(this.progress, this.t("done_left", { done, left })))
      .catch(() => (this.#asked = false)); // asked again with the next look
  }
}

const standard = document.querySelector("meta[name=annotate-interface]")?.content;
const bar = new Bar(languageOf(standard));
document.body.prepend(bar.element);
setInterval(() => bar.look(), EVERY_MS);
