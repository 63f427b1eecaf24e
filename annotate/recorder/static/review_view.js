// The layout of the review panel; it contains no logic.

import { h, setText, setVisible } from "./dom.js";
import { DecisionBar, keyHint } from "./review_bar.js";
import { ImageView } from "./review_image.js";
import { Transcripts } from "./review_transcripts.js";
import { CaptionText } from "./review_text.js";

const LEGEND = ["unsure", "doubtful", "edited"];

export class ReviewView {
  /** `on` has the callback `action(name, value)`, and objects with those of `text`, `transcripts`, `bar`. */
  constructor({ task, t, language, readOnly, on }) {
    Object.assign(this, { t, on });
    this.imageView = new ImageView(task.image ?? "", t);
    this.transcripts = new Transcripts({ voices: task.voices, t, on: on.transcripts });
    this.text = new CaptionText({ t, readOnly, on: on.text });
    this.bar = new DecisionBar({ t, readOnly, on: on.bar });
    this.facts = h("p", { class: "annotate-rv-facts" });
    this.element = h(
      "section",
      { class: "annotate-review-panel", dir: language === "ar" ? "rtl" : "ltr", lang: language, "aria-label": t("title") },
      h("div", { class: "annotate-rv-picture" }, this.#checks(task),
        h("div", { class: "annotate-rv-stage" }, this.imageView.element, this.facts)),
      h("div", { class: "annotate-rv-caption" }, this.#head(readOnly), this.#earlier(task, readOnly),
        h("div", { class: "annotate-rv-scroll" }, this.text.element), this.#legend(), this.#doubtPanel()),
      h("div", { class: "annotate-rv-aside" }, h("h3", {}, t("said")), this.transcripts.element),
      this.bar.element,
    );
    // Keys pressed in the panel must not trigger Label Studio's shortcuts.
    this.element.addEventListener("keydown", (event) => event.stopPropagation());
  }

  #button(action, content, options = {}) {
    return h("button", {
      type: "button", class: "annotate-rv-button", "data-action": action,
      onclick: () => this.on.action(action), ...options,
    }, ...content);
  }

  /** Results of the checks on whole recordings, and the language switch. */
  #checks(task) {
    const { t } = this;
    const lines = task.voices.flatMap(({ who, doubts }) => doubts.map((doubt) =>
      h("li", { title: doubt.detail }, h("b", { dir: "ltr" }, task.voices.length > 1 ? `${who}: ` : ""),
        h("span", { dir: "auto" }, doubt.detail || doubt.code))));
    const checks = lines.length
      ? h("ul", { class: "annotate-rv-checks", "aria-label": t("checks") }, ...lines)
      : h("p", { class: "annotate-rv-passed" }, t("checks_passed"));
    const languageButton = this.#button("language", [t("other_language")], { "aria-label": `${t("language")}: ${t("other_language")}` });
    return h("div", { class: "annotate-rv-top" }, checks, languageButton);
  }

  #head(readOnly) {
    const { t } = this;
    this.countText = h("span", { class: "annotate-rv-count" });
    this.playLabel = h("span", {}, t("play"));
    this.playButton = this.#button("play", [this.playLabel, keyHint("Alt", "K")], { "aria-keyshortcuts": "Alt+K" });
    this.restoreButton = this.#button("restore", [t("restore")]);
    this.playOnClickButton = this.#button("hear", [t("hear")], { "aria-pressed": "true" });
    this.readOnly = readOnly;
    return h("div", { class: "annotate-rv-head" }, h("h3", {}, t("caption")), this.countText,
      h("span", { class: "annotate-rv-tools" }, this.restoreButton, this.playOnClickButton, this.playButton));
  }

  /** The decisions of earlier reviewers, for adjudication: their changes, and a button to use their text. */
  #earlier(task, readOnly) {
    const { t } = this;
    if (!task.earlier.length) return null;
    const lines = task.earlier.map(({ decision, text, changed }) => {
      const takeButton = text !== null && text.trim() !== task.text.trim() && !readOnly
        ? h("button", { type: "button", class: "annotate-rv-button", onclick: () => this.on.action("take", text) }, t("take"))
        : null;
      return h("li", {}, h("b", {}, t(decision)), h("span", { dir: "auto" }, changed.join(", ")), takeButton);
    });
    return h("section", { class: "annotate-rv-earlier" }, h("b", {}, t("earlier")), h("ul", {}, ...lines));
  }

  #legend() {
    const items = LEGEND.map((name) =>
      h("li", {}, h("span", { class: `annotate-rv-word annotate-rv-${name}` }, this.t(`legend_${name}`))));
    return h("ul", { class: "annotate-rv-legend" }, ...items, h("li", {}, this.t("hint")));
  }

  /** The doubts of the current sentence, and buttons to the next and previous one. */
  #doubtPanel() {
    const { t } = this;
    this.doubtPosition = h("b", {});
    this.doubtList = h("ul", {});
    this.doubtButtons = h("span", { class: "annotate-rv-tools" },
      this.#button("sentence", [t("play_sentence"), keyHint("Alt", "S")], { "aria-keyshortcuts": "Alt+S" }),
      this.#button("previous", [t("previous"), keyHint("Alt", "B")], { "aria-keyshortcuts": "Alt+B" }),
      this.#button("next", [t("next"), keyHint("Alt", "N")], { "aria-keyshortcuts": "Alt+N" }));
    this.doubtPanel = h("div", { class: "annotate-rv-doubt", role: "status", "aria-live": "polite" },
      h("div", { class: "annotate-rv-head" }, this.doubtPosition, this.doubtButtons), this.doubtList);
    return this.doubtPanel;
  }

  showCounts(words, edited, changed) {
    const { t } = this;
    const editedText = edited ? ` · ${t("edited_words", { count: edited })}` : "";
    setText(this.countText, t("words", { count: words }) + editedText);
    setVisible(this.restoreButton, changed && !this.readOnly);
  }

  /** `at` is the index of the current one of the `count` doubtful sentences, or -1. */
  showDoubt(at, count, doubts) {
    const { t } = this;
    const position = at < 0 ? t(count ? "doubts_count" : "no_doubts", { count }) : t("doubts", { at: at + 1, count });
    setText(this.doubtPosition, position);
    setVisible(this.doubtButtons, count > 0);
    const lines = doubts.map(({ code, detail }) => t(`doubt_${code}`, { detail }) || detail || code);
    const currentLines = [...this.doubtList.children].map((line) => line.textContent);
    if (currentLines.join("\n") !== lines.join("\n")) {
      this.doubtList.replaceChildren(...lines.map((line) => h("li", { dir: "auto" }, line)));
    }
    this.doubtPanel.classList.toggle("annotate-rv-open", at >= 0);
  }

  showPlaying(playing) {
    setText(this.playLabel, this.t(playing ? "stop" : "play"));
    this.playButton.setAttribute("aria-pressed", String(playing));
  }

  showPlayOnClick(on) {
    this.playOnClickButton.setAttribute("aria-pressed", String(on));
  }
}
