// The caption: a textarea, and behind it a layer with the same text as one element a word. The
// textarea has the caret, the selection, undo and the keyboard; the layer has the colours.

import { h, setVisible } from "./dom.js";

const FONT_STYLES = [
  ...["fontFamily", "fontSize", "fontWeight", "fontStyle", "fontStretch", "fontKerning", "fontFeatureSettings"],
  ...["lineHeight", "letterSpacing", "wordSpacing", "textTransform", "textIndent", "textRendering"],
  ...["paddingTop", "paddingRight", "paddingBottom", "paddingLeft", "wordBreak", "overflowWrap"],
];

export class CaptionText {
  /** `on` has the callbacks `edit()`, `hover(index or null)`, `click(index, event)`, `caret(index or null)`. */
  constructor({ t, readOnly, on }) {
    this.on = on;
    this.tokens = [];
    this.sentences = new Map();
    this.marks = h("div", { class: "annotate-rv-marks" });
    this.layer = h("div", { class: "annotate-rv-layer", "aria-hidden": "true" });
    this.textarea = h("textarea", {
      class: "annotate-rv-box", rows: 1, "aria-label": t("caption"), readonly: readOnly, spellcheck: "true",
      autocomplete: "off", autocapitalize: "off",
      oninput: () => on.edit(),
      onmousemove: (event) => on.hover(this.#tokenUnder(event)),
      onmouseleave: () => on.hover(null),
      onclick: (event) => this.#click(event),
    });
    this.element = h("div", { class: "annotate-rv-text" }, this.marks, this.layer, this.textarea);
    this.textarea.addEventListener("keyup", () => on.caret(this.tokenAtCaret()));
    this.textarea.addEventListener("focus", () => on.caret(this.tokenAtCaret()));
  }

  get value() {
    return this.textarea.value;
  }

  /** Set the text, as when a task is opened. */
  setValue(text) {
    this.textarea.value = text;
  }

  /** Replace the text as if it were typed, so that it can be undone. */
  insertText(text) {
    this.textarea.focus();
    this.textarea.select();
    if (!document.execCommand("insertText", false, text)) {
      this.textarea.value = text;
      this.on.edit();
    }
  }

  /** Render the layer: `tokens` with `start`, `end`, `classes`, `sentence` (its number or null). */
  draw(tokens) {
    this.tokens = tokens;
    const text = this.value;
    const parts = [];
    let position = 0;
    tokens.forEach((token, index) => {
      parts.push({ sentence: tokens[index - 1]?.sentence === token.sentence ? token.sentence : null, node: text.slice(position, token.start) });
      token.node = h("span", { class: ["annotate-rv-word", ...token.classes].join(" "), "data-token": index },
        text.slice(token.start, token.end));
      parts.push({ sentence: token.sentence, node: token.node });
      position = token.end;
    });
    this.sentences = new Map();
    const nodes = [];
    for (const { sentence, node } of parts) {
      if (sentence === null) nodes.push(node);
      else {
        if (!this.sentences.has(sentence)) {
          this.sentences.set(sentence, h("span", { class: "annotate-rv-sentence" }));
          nodes.push(this.sentences.get(sentence));
        }
        this.sentences.get(sentence).append(node);
      }
    }
    // A trailing empty line is rendered only if it contains a character.
    this.layer.replaceChildren(...nodes, `${text.slice(position)}\u200b`);
  }

  /** Copy the textarea's font to the layer, so that lines break at the same words. */
  copyFont() {
    const style = getComputedStyle(this.textarea);
    for (const name of FONT_STYLES) this.layer.style[name] = style[name];
  }

  /** Show marks beside doubtful sentences: `[{sentence, label, current, onPress}]`. */
  showMarks(doubtful) {
    const top = this.layer.getBoundingClientRect().top;
    const buttons = doubtful.map(({ sentence, label, current, onPress }) => {
      const line = this.sentences.get(sentence)?.getClientRects()[0];
      const button = h("button", {
        type: "button", class: "annotate-rv-mark", title: label, "aria-label": label, tabindex: -1,
        "aria-current": current ? "true" : null, onclick: onPress,
      }, "!");
      button.style.top = `${(line?.top ?? top) - top}px`;
      setVisible(button, Boolean(line));
      return button;
    });
    this.marks.replaceChildren(...buttons);
  }

  /** Highlight the current word and sentence. */
  highlight(token, sentence) {
    for (const node of this.layer.querySelectorAll(".annotate-rv-now")) node.classList.remove("annotate-rv-now");
    this.tokens[token]?.node.classList.add("annotate-rv-now");
    this.sentences.get(sentence)?.classList.add("annotate-rv-now");
  }

  /** Put the caret before a token, or select its word, and bring it into view. */
  moveCaretTo(token, select = false) {
    const { start = 0, end = 0 } = this.tokens[token] ?? {};
    const word = /[\p{L}\p{M}\p{N}].*[\p{L}\p{M}\p{N}]|[\p{L}\p{N}]/u.exec(this.value.slice(start, end));
    const position = start + (word?.index ?? 0);
    this.textarea.focus({ preventScroll: true });
    this.textarea.setSelectionRange(position, select && word ? position + word[0].length : position);
    this.bringIntoView(token);
  }

  bringIntoView(token) {
    this.tokens[token]?.node.scrollIntoView({ block: "nearest" });
  }

  /** The token at the caret or just before it; null when there is none. */
  tokenAtCaret() {
    const position = this.textarea.selectionStart;
    const index = this.tokens.findLastIndex((token) => token.start <= position);
    return index < 0 ? (this.tokens.length ? 0 : null) : index;
  }

  #tokenUnder(event) {
    const elements = document.elementsFromPoint(event.clientX, event.clientY);
    const word = elements.find((element) => element.dataset?.token !== undefined && this.layer.contains(element));
    return word ? Number(word.dataset.token) : null;
  }

  #click(event) {
    this.on.caret(this.tokenAtCaret());
    const token = this.#tokenUnder(event);
    const hasSelection = this.textarea.selectionStart !== this.textarea.selectionEnd; // a word or more is selected
    if (token !== null) this.on.click(token, { playOn: event.altKey, hasSelection });
  }
}
