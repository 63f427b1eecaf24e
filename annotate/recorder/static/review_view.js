// Layout of the review panel's parts; it contains no logic.

import { h, setText, show } from "./dom.js";
import { Bar, keys } from "./review_bar.js";
import { ImageView } from "./review_image.js";
import { Transcripts } from "./review_transcripts.js";
import { Text } from "./review_text.js";

const LEGEND = ["unsure", "doubtful", "edited"];

export class View {
  /** `on` has the callback `act(name, value)`, and those of text, said and bar under their names. */
  constructor({ task, t, language, readOnly, on }) {
    Object.assign(this, { t, on });
    this.place = new ImageView(task.image ?? "", t);
    this.said = new Transcripts({ voices: task.voices, t, on: on.said });
    this.text = new Text({ t, readOnly, on: on.text });
    this.bar = new Bar({ t, readOnly, on: on.bar });
    this.facts = h("p", { class: "annotate-rv-facts" });
    this.element = h(
      "section",
      { class: "annotate-review-panel", dir: language === "ar" ? "rtl" : "ltr", lang: language, "aria-label": t("title") },
      h("div", { class: "annotate-rv-picture" }, this.#top(task),
        h("div", { class: "annotate-rv-stage" }, this.place.element, this.facts)),
      h("div", { class: "annotate-rv-caption" }, this.#head(readOnly), this.#earlier(task, readOnly),
        h("div", { class: "annotate-rv-scroll" }, this.text.element), this.#legend(), this.#doubt()),
      h("div", { class: "annotate-rv-aside" }, h("h3", {}, t("said")), this.said.element),
      this.bar.element,
    );
    // Keys that are pressed in here aren't Label Studio's.
    this.element.addEventListener("keydown", (event) => event.stopPropagation());
  }

  #button(action, content, options = {}) {
    return h("button", {
      type: "button", class: "annotate-rv-button", "data-action": action,
      onclick: () => this.on.act(action), ...options,
    }, ...content);
  }

  /** What the checks say of whole recordings, and the language of it all. */
  #top(task) {
    const { t } = this;
    const lines = task.voices.flatMap(({ who, doubts }) => doubts.map((doubt) =>
      h("li", { title: doubt.detail }, h("b", { dir: "ltr" }, task.voices.length > 1 ? `${who}: ` : ""),
        h("span", { dir: "auto" }, doubt.detail || doubt.code))));
    const checks = lines.length
      ? h("ul", { class: "annotate-rv-checks", "aria-label": t("checks") }, ...lines)
      : h("p", { class: "annotate-rv-passed" }, t("checks_passed"));
    const other = this.#button("language", [t("other_language")], { "aria-label": `${t("language")}: ${t("other_language")}` });
    return h("div", { class: "annotate-rv-top" }, checks, other);
  }

  #head(readOnly) {
    const { t } = this;
    this.count = h("span", { class: "annotate-rv-count" });
    this.playLabel = h("span", {}, t("play"));
    this.play = this.#button("play", [this.playLabel, keys("Alt", "K")], { "aria-keyshortcuts": "Alt+K" });
    this.restore = this.#button("restore", [t("restore")]);
    this.hear = this.#button("hear", [t("hear")], { "aria-pressed": "true" });
    this.readOnly = readOnly;
    return h("div", { class: "annotate-rv-head" }, h("h3", {}, t("caption")), this.count,
      h("span", { class: "annotate-rv-tools" }, this.restore, this.hear, this.play));
  }

  /** What reviewers before decided, for whoever settles it: what they changed, and their text. */
  #earlier(task, readOnly) {
    const { t } = this;
    if (!task.earlier.length) return null;
    const lines = task.earlier.map(({ decision, text, changed }) => {
      const take = text !== null && text.trim() !== task.text.trim() && !readOnly
        ? h("button", { type: "button", class: "annotate-rv-button", onclick: () => this.on.act("take", text) }, t("take"))
        : null;
      return h("li", {}, h("b", {}, t(decision)), h("span", { dir: "auto" }, changed.join(", ")), take);
    });
    return h("section", { class: "annotate-rv-earlier" }, h("b", {}, t("earlier")), h("ul", {}, ...lines));
  }

  #legend() {
    const items = LEGEND.map((name) =>
      h("li", {}, h("span", { class: `annotate-rv-word annotate-rv-${name}` }, this.t(`legend_${name}`))));
    return h("ul", { class: "annotate-rv-legend" }, ...items, h("li", {}, this.t("hint")));
  }

  /** What is doubtful about the sentence at hand, and the way to the next. */
  #doubt() {
    const { t } = this;
    this.where = h("b", {});
    this.lines = h("ul", {});
    this.steps = h("span", { class: "annotate-rv-tools" },
      this.#button("sentence", [t("play_sentence"), keys("Alt", "S")], { "aria-keyshortcuts": "Alt+S" }),
      this.#button("previous", [t("previous"), keys("Alt", "B")], { "aria-keyshortcuts": "Alt+B" }),
      this.#button("next", [t("next"), keys("Alt", "N")], { "aria-keyshortcuts": "Alt+N" }));
    this.doubt = h("div", { class: "annotate-rv-doubt", role: "status", "aria-live": "polite" },
      h("div", { class: "annotate-rv-head" }, this.where, this.steps), this.lines);
    return this.doubt;
  }

  showCounts(words, edited, changed) {
    const { t } = this;
    const mine = edited ? ` · ${t("edited_words", { count: edited })}` : "";
    setText(this.count, t("words", { count: words }) + mine);
    show(this.restore, changed && !this.readOnly);
  }

  /** `at` is which of the `count` doubtful sentences is at hand, or -1. */
  showDoubt(at, count, doubts) {
    const { t } = this;
    const where = at < 0 ? t(count ? "doubts_count" : "no_doubts", { count }) : t("doubts", { at: at + 1, count });
    setText(this.where, where);
    show(this.steps, count > 0);
    const lines = doubts.map(({ code, detail }) => t(`doubt_${code}`, { detail }) || detail || code);
    const now = [...this.lines.children].map((one) => one.textContent);
    if (now.join("\n") !== lines.join("\n")) {
      this.lines.replaceChildren(...lines.map((line) => h("li", { dir: "auto" }, line)));
    }
    this.doubt.classList.toggle("annotate-rv-open", at >= 0);
  }

  showPlaying(playing) {
    setText(this.playLabel, this.t(playing ? "stop" : "play"));
    this.play.setAttribute("aria-pressed", String(playing));
  }

  showHear(on) {
    this.hear.setAttribute("aria-pressed", String(on));
  }
}
