// Header for annotators, instead of Label Studio's: progress, colour scheme, sign-out.

import { h, setText } from "./dom.js";
import { interfaceLanguage, textDirection } from "./language.js";
import { translator } from "./strings.js";
import { fetchProgress } from "./upload.js";

const THEME_KEY = "preferred-color-scheme"; // Label Studio's own key and values
const DONE_URL = "/annotate/done";
const POLL_MS = 1000;

class AnnotatorHeader {
  #taskId = null;
  #requested = false;

  constructor(language) {
    this.t = translator(language);
    this.progress = h("span", { class: "annotate-progress-text", role: "status" });
    this.themeButton = h("button", {
      type: "button", class: "annotate-button annotate-quiet", "data-action": "theme",
      onclick: () => this.#toggleTheme(),
    });
    this.element = h("header", { class: "annotate-bar", dir: textDirection(language), lang: language },
      h("strong", { class: "annotate-bar-title" }, this.t("bar")), this.progress, this.themeButton,
      this.#signOut());
    this.#showThemeLabel();
  }

  #signOut() {
    // Label Studio's router intercepts links; with `data-external` the browser follows this one.
    return h("a", {
      class: "annotate-button annotate-quiet", href: "/logout",
      "data-action": "sign-out", "data-external": "true",
    }, this.t("sign_out"));
  }

  get #dark() {
    return document.documentElement.dataset.colorScheme === "dark";
  }

  #showThemeLabel() {
    setText(this.themeButton, this.t(this.#dark ? "light" : "dark"));
  }

  #toggleTheme() {
    const name = this.#dark ? "Light" : "Dark";
    localStorage.setItem(THEME_KEY, name);
    document.documentElement.dataset.colorScheme = name.toLowerCase();
    this.#showThemeLabel();
  }

  /** Update the counts when another image is open; when none is left, open the end page. */
  update() {
    const studio = window.Htx;
    if (studio?.noTask) return location.replace(DONE_URL);
    const taskId = studio?.task?.id ?? null;
    if (this.#requested && taskId === this.#taskId) return;
    this.#taskId = taskId;
    this.#requested = true;
    fetchProgress()
      .then(({ done, left }) => setText(this.progress, this.t("done_left", { done, left })))
      .catch(() => (this.#requested = false)); // requested again at the next poll
  }
}

const projectLanguage = document.querySelector("meta[name=annotate-interface]")?.content;
const header = new AnnotatorHeader(interfaceLanguage(projectLanguage));
document.body.prepend(header.element);
setInterval(() => header.update(), POLL_MS);
