// The caption: a plain text box, and behind it the same text drawn word by word. The box has the
// caret, the selection, undo and the keyboard; the drawing has the colours.

import { h, show } from "./dom.js";

const LETTERS = [
  ...["fontFamily", "fontSize", "fontWeight", "fontStyle", "fontStretch", "fontKerning", "fontFeatureSettings"],
  ...["lineHeight", "letterSpacing", "wordSpacing", "textTransform", "textIndent", "textRendering"],
  ...["paddingTop", "paddingRight", "paddingBottom", "paddingLeft", "wordBreak", "overflowWrap"],
];

export class Text {
  /** `on` has the callbacks `edit()`, `hover(index or null)`, `click(index, event)`, `caret(index or null)`. */
  constructor({ t, readOnly, on }) {
    this.on = on;
    this.tokens = [];
    this.sentences = new Map();
    this.marks = h("div", { class: "annotate-rv-marks" });
    this.layer = h("div", { class: "annotate-rv-layer", "aria-hidden": "true" });
    this.box = h("textarea", {
      class: "annotate-rv-box", rows: 1, "aria-label": t("caption"), readonly: readOnly, spellcheck: "true",
      autocomplete: "off", autocapitalize: "off",
      oninput: () => on.edit(),
      onmousemove: (event) => on.hover(this.#under(event)),
      onmouseleave: () => on.hover(null),
      onclick: (event) => this.#click(event),
    });
    this.element = h("div", { class: "annotate-rv-text" }, this.marks, this.layer, this.box);
    this.box.addEventListener("keyup", () => on.caret(this.atCaret()));
    this.box.addEventListener("focus", () => on.caret(this.atCaret()));
  }

  get value() {
    return this.box.value;
  }

  /** Put a text in, as when a task is opened. */
  set(text) {
    this.box.value = text;
  }

  /** Put a text in as if it had been typed, so that it can be undone. */
  type(text) {
    this.box.focus();
    this.box.select();
    if (!document.execCommand("insertText", false, text)) {
      this.box.value = text;
      this.on.edit();
    }
  }

  /** Draw the text: `tokens` with `start`, `end`, `classes`, `sentence` (its number or null). */
  draw(tokens) {
    this.tokens = tokens;
    const text = this.value;
    const parts = [];
    let at = 0;
    tokens.forEach((token, index) => {
      parts.push({ sentence: tokens[index - 1]?.sentence === token.sentence ? token.sentence : null, node: text.slice(at, token.start) });
      token.node = h("span", { class: ["annotate-rv-word", ...token.classes].join(" "), "data-token": index },
        text.slice(token.start, token.end));
      parts.push({ sentence: token.sentence, node: token.node });
      at = token.end;
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
    // A line that ends the text is drawn only if something stands on it.
    this.layer.replaceChildren(...nodes, `${text.slice(at)}\u200b`);
  }

  /** Draw with the very letters of the box, whatever style sheets there are: else lines break elsewhere. */
  match() {
    const style = getComputedStyle(this.box);
    for (const name of LETTERS) this.layer.style[name] = style[name];
  }

  /** Marks beside doubtful sentences: `[{sentence, label, now, onPress}]`. */
  mark(doubtful) {
    const top = this.layer.getBoundingClientRect().top;
    const buttons = doubtful.map(({ sentence, label, now, onPress }) => {
      const line = this.sentences.get(sentence)?.getClientRects()[0];
      const button = h("button", {
        type: "button", class: "annotate-rv-mark", title: label, "aria-label": label, tabindex: -1,
        "aria-current": now ? "true" : null, onclick: onPress,
      }, "!");
      button.style.top = `${(line?.top ?? top) - top}px`;
      show(button, Boolean(line));
      return button;
    });
    this.marks.replaceChildren(...buttons);
  }

  /** Show which word and which sentence are at hand. */
  light(token, sentence) {
    for (const node of this.layer.querySelectorAll(".annotate-rv-now")) node.classList.remove("annotate-rv-now");
    this.tokens[token]?.node.classList.add("annotate-rv-now");
    this.sentences.get(sentence)?.classList.add("annotate-rv-now");
  }

  /** Put the caret before a token, or select its word, and bring it into view. */
  goTo(token, select = false) {
    const { start = 0, end = 0 } = this.tokens[token] ?? {};
    const word = /[\p{L}\p{M}\p{N}].*[\p{L}\p{M}\p{N}]|[\p{L}\p{N}]/u.exec(this.value.slice(start, end));
    const at = start + (word?.index ?? 0);
    this.box.focus({ preventScroll: true });
    this.box.setSelectionRange(at, select && word ? at + word[0].length : at);
    this.bringIntoView(token);
  }

  bringIntoView(token) {
    this.tokens[token]?.node.scrollIntoView({ block: "nearest" });
  }

  /** The token at the caret or just before it; null when there is none. */
  atCaret() {
    const at = this.box.selectionStart;
    const index = this.tokens.findLastIndex((one) => one.start <= at);
    return index < 0 ? (this.tokens.length ? 0 : null) : index;
  }

  #under(event) {
    const below = document.elementsFromPoint(event.clientX, event.clientY);
    const word = below.find((one) => one.dataset?.token !== undefined && this.layer.contains(one));
    return word ? Number(word.dataset.token) : null;
  }

  #click(event) {
    this.on.caret(this.atCaret());
    const token = this.#under(event);
    const picked = this.box.selectionStart !== this.box.selectionEnd; // a word or more is selected
    if (token !== null) this.on.click(token, { on: event.altKey, again: event.detail > 1, picked });
  }
}
