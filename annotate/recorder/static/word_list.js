// Recognized words, each a button: a press plays it and opens a field to correct it in.

import { h, setText } from "./dom.js";

const DOUBTFUL = 0.7; // of the demo's words that marks 6 %, and of its mistakes 70 %
const DOUBTFUL_NAME = 0.85; // of numbers and names, of which a sentence says little
const LONGEST = 100;
const VERSION = 1;
const MARKS = /^([\p{P}]*)(.*?)([\p{P}]*)$/su;
const NUMBER = /\p{N}/u;
const CAPITAL = /^\p{P}*\p{Lu}/u;
const ENDS = /[.?!؟。]\p{P}*$/u;

export class WordList {
  #changes = new Map(); // what was written in place of a word, by its place
  #seen = new Set(); // doubtful words that were looked at
  #open = null; // the place of the word that is being corrected

  /**
   * `play(word)` is called with each press, `onChange(edit)` with what the annotation is to hold, and
   * `onLook()` after each word that was looked at.
   */
  constructor({ words, language, edit, t, play, onChange, onLook }) {
    Object.assign(this, { words, t, play, onChange, onLook });
    for (const { word, text } of edit?.changes ?? []) this.#changes.set(word, text);
    this.doubtful = words.map((_, at) => isDoubtful(words, at));
    this.buttons = words.map((_, at) => this.#button(at));
    this.element = h("div", {
      class: "annotate-words", dir: "auto", lang: language, role: "group", "aria-label": t("look_title"),
      onkeydown: (event) => this.#move(event),
    });
    words.forEach((word, at) => {
      if (at > 0 && word.space_before) this.element.append(" ");
      this.element.append(this.buttons[at]);
      this.#draw(at);
    });
    this.buttons[0].tabIndex = 0;
  }

  get counts() {
    const left = this.doubtful.filter((doubtful, at) => doubtful && this.#isLeft(at)).length;
    return { doubtful: left, changed: this.#changes.size };
  }

  #isLeft(at) {
    return !this.#seen.has(at) && !this.#changes.has(at);
  }

  #button(at) {
    return h("button", {
      type: "button", class: "annotate-word", "data-word": at, tabindex: -1, onclick: () => this.open(at),
      // An open field would close at once, and the word move away from under the pointer.
      onmousedown: (event) => event.preventDefault(),
    });
  }

  #draw(at) {
    const button = this.buttons[at];
    const recognized = this.words[at].text;
    const text = this.#changes.get(at);
    const changed = text !== undefined;
    setText(button, text || recognized);
    button.classList.toggle("annotate-doubtful", this.doubtful[at] && this.#isLeft(at));
    button.classList.toggle("annotate-changed", changed && text !== "");
    button.classList.toggle("annotate-out", text === "");
    const key = text === "" ? "word_out" : changed ? "word_changed" : "word_doubtful";
    const plain = !changed && !(this.doubtful[at] && this.#isLeft(at));
    button.title = plain ? "" : this.t(key, { word: recognized });
    if (plain) button.removeAttribute("aria-label");
    else button.setAttribute("aria-label", `${text || recognized}, ${button.title}`);
  }

  /** Play a word and let it be corrected. */
  open(at) {
    if (this.#open !== null) this.#close(true);
    this.#open = at;
    this.play(this.words[at]);
    const text = this.#changes.get(at) ?? this.words[at].text;
    const value = text.replace(MARKS, "$2") || text;
    this.field = h("input", {
      class: "annotate-word-field", value, maxlength: LONGEST - 10, size: Math.max(4, value.length + 1),
      "aria-label": this.t("word_field", { word: this.words[at].text }), autocomplete: "off",
      spellcheck: "true", onblur: () => this.#open === at && this.#close(true),
      oninput: () => (this.field.size = Math.max(4, this.field.value.length + 1)),
      onkeydown: (event) => this.#key(event),
    });
    this.buttons[at].replaceWith(this.field);
    this.field.focus();
    this.field.select();
  }

  /** The next doubtful word that nobody has looked at, from the open one on and then from the start. */
  openNext(from = this.#open ?? -1) {
    const left = this.doubtful.map((doubtful, at) => (doubtful && this.#isLeft(at) && at !== from ? at : -1))
      .filter((at) => at >= 0);
    const next = left.find((at) => at > from) ?? left[0];
    if (next !== undefined) this.open(next);
    return next !== undefined;
  }

  #key(event) {
    if (!event.altKey) event.stopPropagation(); // Label Studio's own keys aren't meant
    if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    const at = this.#open;
    this.#close(event.key === "Enter");
    if (event.key === "Escape" || !this.openNext(at)) this.buttons[at].focus();
  }

  /** Put the button back; with what was written, if it is to be taken. */
  #close(take) {
    const at = this.#open;
    const written = this.field.value.split(/\s+/u).filter(Boolean).join(" ");
    this.#open = null;
    this.field.replaceWith(this.buttons[at]);
    this.#rove(at);
    const before = this.#changes.get(at);
    if (take) this.#take(at, written);
    this.#seen.add(at);
    this.#draw(at);
    if (this.#changes.get(at) !== before) this.onChange(this.edit);
    this.onLook();
  }

  /** Note what was written; the marks around a word stay unless others were typed. */
  #take(at, written) {
    const recognized = this.words[at].text;
    const [, lead, core, tail] = recognized.match(MARKS);
    const [, ownLead, , ownTail] = written.match(MARKS);
    if (written === "") this.#changes.set(at, "");
    else if (written === core || written === recognized) this.#changes.delete(at);
    else this.#changes.set(at, `${ownLead ? "" : lead}${written}${ownTail ? "" : tail}`.slice(0, LONGEST));
  }

  /** What the annotation is to hold; null if nothing was changed. */
  get edit() {
    if (this.#changes.size === 0) return null;
    const changes = [...this.#changes].sort(([a], [b]) => a - b).map(([word, text]) => ({ word, text }));
    return { version: VERSION, changes };
  }

  /** Arrow keys go from word to word, so that all of them are one stop of the tab key. */
  #move(event) {
    if (event.target === this.field) return;
    const at = this.buttons.indexOf(event.target);
    const back = getComputedStyle(this.element).direction === "rtl" ? 1 : -1;
    const step = { ArrowLeft: back, ArrowRight: -back }[event.key];
    const goal = this.buttons[at + step];
    if (!goal) return;
    event.preventDefault();
    this.#rove(at + step);
    goal.focus();
  }

  #rove(at) {
    for (const button of this.buttons) button.tabIndex = -1;
    this.buttons[at].tabIndex = 0;
  }
}

/** Whether a word deserves a look: numbers and names sooner than others. */
function isDoubtful(words, at) {
  const { text, probability } = words[at];
  const begins = at === 0 || ENDS.test(words[at - 1].text);
  const name = NUMBER.test(text) || (CAPITAL.test(text) && !begins);
  return probability < (name ? DOUBTFUL_NAME : DOUBTFUL);
}
