// Recognized words as buttons: a press plays the word and opens a field to correct it.

import { h, setText } from "./dom.js";

const DOUBTFUL_BELOW = 0.7; // marks 6 % of the demo's words, and 70 % of its errors
const DOUBTFUL_NAME_BELOW = 0.85; // for numbers and names, which context predicts less well
const MAX_LENGTH = 100;
const VERSION = 1;
const PUNCTUATION = /^([\p{P}]*)(.*?)([\p{P}]*)$/su;
const NUMBER = /\p{N}/u;
const CAPITAL = /^\p{P}*\p{Lu}/u;
const SENTENCE_END = /[.?!؟。]\p{P}*$/u;

export class WordList {
  #changes = new Map(); // corrections, by index of the word
  #visited = new Set(); // indices of words that were opened
  #openIndex = null; // index of the word that is being corrected

  /**
   * `play(word)` is called at each press, `onChange(edit)` with the edit for the annotation, and
   * `onVisit()` after each word that was opened.
   */
  constructor({ words, language, edit, t, play, onChange, onVisit }) {
    Object.assign(this, { words, t, play, onChange, onVisit });
    for (const { word, text } of edit?.changes ?? []) this.#changes.set(word, text);
    this.doubtful = words.map((_, index) => isDoubtful(words, index));
    this.buttons = words.map((_, index) => this.#button(index));
    this.element = h("div", {
      class: "annotate-words", dir: "auto", lang: language, role: "group", "aria-label": t("look_title"),
      onkeydown: (event) => this.#onArrowKey(event),
    });
    words.forEach((word, index) => {
      if (index > 0 && word.space_before) this.element.append(" ");
      this.element.append(this.buttons[index]);
      this.#draw(index);
    });
    this.buttons[0].tabIndex = 0;
  }

  get counts() {
    const unvisited = this.doubtful.filter((doubtful, index) => doubtful && this.#isUnvisited(index)).length;
    return { doubtful: unvisited, changed: this.#changes.size };
  }

  #isUnvisited(index) {
    return !this.#visited.has(index) && !this.#changes.has(index);
  }

  #button(index) {
    return h("button", {
      type: "button", class: "annotate-word", "data-word": index, tabindex: -1, onclick: () => this.open(index),
      // Otherwise an open field loses focus and closes, and the word moves away from the pointer.
      onmousedown: (event) => event.preventDefault(),
    });
  }

  #draw(index) {
    const button = this.buttons[index];
    const recognized = this.words[index].text;
    const text = this.#changes.get(index);
    const changed = text !== undefined;
    setText(button, text || recognized);
    button.classList.toggle("annotate-doubtful", this.doubtful[index] && this.#isUnvisited(index));
    button.classList.toggle("annotate-changed", changed && text !== "");
    button.classList.toggle("annotate-out", text === "");
    const key = text === "" ? "word_out" : changed ? "word_changed" : "word_doubtful";
    const unmarked = !changed && !(this.doubtful[index] && this.#isUnvisited(index));
    button.title = unmarked ? "" : this.t(key, { word: recognized });
    if (unmarked) button.removeAttribute("aria-label");
    else button.setAttribute("aria-label", `${text || recognized}, ${button.title}`);
  }

  /** Play a word and replace its button by a field to correct it. */
  open(index) {
    if (this.#openIndex !== null) this.#closeField(true);
    this.#openIndex = index;
    this.play(this.words[index]);
    const text = this.#changes.get(index) ?? this.words[index].text;
    const value = text.replace(PUNCTUATION, "$2") || text;
    this.field = h("input", {
      class: "annotate-word-field", value, maxlength: MAX_LENGTH - 10, size: Math.max(4, value.length + 1),
      "aria-label": this.t("word_field", { word: this.words[index].text }), autocomplete: "off",
      spellcheck: "true", onblur: () => this.#openIndex === index && this.#closeField(true),
      oninput: () => (this.field.size = Math.max(4, this.field.value.length + 1)),
      onkeydown: (event) => this.#onFieldKey(event),
    });
    this.buttons[index].replaceWith(this.field);
    this.field.focus();
    this.field.select();
  }

  /** Open the next unvisited doubtful word after the open one, then from the start; false if none. */
  openNext(from = this.#openIndex ?? -1) {
    const unvisited = [...this.doubtful.keys()]
      .filter((index) => this.doubtful[index] && this.#isUnvisited(index) && index !== from);
    const next = unvisited.find((index) => index > from) ?? unvisited[0];
    if (next !== undefined) this.open(next);
    return next !== undefined;
  }

  #onFieldKey(event) {
    if (!event.altKey) event.stopPropagation(); // not a shortcut of Label Studio
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    const index = this.#openIndex;
    this.#closeField(event.key === "Enter");
    if (event.key === "Escape" || !this.openNext(index)) this.buttons[index].focus();
  }

  /** Replace the field by its button; `save` is whether to store what was typed. */
  #closeField(save) {
    const index = this.#openIndex;
    const typed = this.field.value.split(/\s+/u).filter(Boolean).join(" ");
    this.#openIndex = null;
    this.field.replaceWith(this.buttons[index]);
    this.#setTabStop(index);
    const before = this.#changes.get(index);
    if (save) this.#setCorrection(index, typed);
    this.#visited.add(index);
    this.#draw(index);
    if (this.#changes.get(index) !== before) this.onChange(this.edit);
    this.onVisit();
  }

  /** Store what was typed; the punctuation around a word remains unless other was typed. */
  #setCorrection(index, typed) {
    const recognized = this.words[index].text;
    const [, lead, core, tail] = recognized.match(PUNCTUATION);
    const [, typedLead, , typedTail] = typed.match(PUNCTUATION);
    if (typed === "") this.#changes.set(index, "");
    else if (typed === core || typed === recognized) this.#changes.delete(index);
    else this.#changes.set(index, `${typedLead ? "" : lead}${typed}${typedTail ? "" : tail}`.slice(0, MAX_LENGTH));
  }

  /** The edit for the annotation; null if nothing was changed. */
  get edit() {
    if (this.#changes.size === 0) return null;
    const changes = [...this.#changes].sort(([a], [b]) => a - b).map(([word, text]) => ({ word, text }));
    return { version: VERSION, changes };
  }

  /** Arrow keys move from word to word: the list is a single tab stop (roving tabindex). */
  #onArrowKey(event) {
    if (event.target === this.field) return;
    const index = this.buttons.indexOf(event.target);
    const backward = getComputedStyle(this.element).direction === "rtl" ? 1 : -1;
    const step = { ArrowLeft: backward, ArrowRight: -backward }[event.key];
    const target = this.buttons[index + step];
    if (!target) return;
    event.preventDefault();
    this.#setTabStop(index + step);
    target.focus();
  }

  #setTabStop(index) {
    for (const button of this.buttons) button.tabIndex = -1;
    this.buttons[index].tabIndex = 0;
  }
}

/** Whether a word's probability is low; the threshold is higher for numbers and names. */
function isDoubtful(words, index) {
  const { text, probability } = words[index];
  const startsSentence = index === 0 || SENTENCE_END.test(words[index - 1].text);
  const isName = NUMBER.test(text) || (CAPITAL.test(text) && !startsSentence);
  return probability < (isName ? DOUBTFUL_NAME_BELOW : DOUBTFUL_BELOW);
}
