// The review of one caption: the action of each press, and the values of Label Studio's controls.

import { setText } from "./dom.js";
import { languageOf, otherThan } from "./language.js";
import { readTask } from "./review_data.js";
import { Decision, REASONS } from "./review_decision.js";
import { WordDetails } from "./review_word_details.js";
import { reviewer } from "./review_strings.js";
import { View } from "./review_view.js";
import { isVisible, Words } from "./review_words.js";
import { changeLanguage } from "./upload.js";

const WRITE_MS = 300; // Label Studio gets the text when typing rests, and before it submits
const HEAR = "annotate-aloud hear words";
let language = languageOf(navigator.language.slice(0, 2));

export class Review {
  #writing = null;
  #written = null; // what Label Studio's control holds of ours
  #doubtful = [];
  #at = -1; // which doubtful sentence is at hand
  #fresh = true; // nobody has stepped through them yet

  constructor(editor) {
    Object.assign(this, { editor, hear: localStorage.getItem(HEAR) !== "no", submitting: null });
  }

  open() {
    const { editor } = this;
    const held = editor.text;
    this.task = readTask({ ...editor.data, caption: editor.data.caption ?? held ?? "" });
    // An empty box that nobody has touched doesn't mean that nothing was said.
    const text = held === null || (held === "" && !editor.again) ? this.task.text : held;
    this.decision = new Decision(editor.chosen("decision")[0], editor.chosen("reason"), this.#isChanged(text));
    this.opened = { text, choice: this.decision.choice, readOnly: editor.readOnly };
    this.words = new Words(this.task);
    for (const one of this.task.earlier) one.changed = this.words.changed(one.text);
    this.hand = new WordDetails(this.task, (playing) => this.view?.showPlaying(playing));
    this.#build(text);
    this.#edited();
    this.#focus();
  }

  #build(text) {
    this.t = reviewer(language);
    this.view = new View({
      task: this.task, t: this.t, language, readOnly: this.editor.readOnly,
      on: {
        act: (name, value) => this.act(name, value),
        text: {
          edit: () => this.#edited(), hover: (index) => this.hand.hover(index),
          click: (index, event) => this.hand.click(index, event, this.hear), caret: (index) => this.#caret(index),
        },
        said: {
          hover: (voice, word) => this.hand.hoverSaid(voice, word), play: (voice, word) => this.hand.playSaid(voice, word),
        },
        bar: {
          choose: (choice) => this.act(choice), reason: (code) => this.#reason(code),
        },
      },
    });
    this.hand.bind(this.view, this.t);
    this.view.text.set(text);
    this.view.showHear(this.hear);
    this.attach();
  }

  /** Put the panel into the editor, again if Label Studio has drawn it anew. */
  attach() {
    const { element } = this.view;
    if (element.parentElement === this.editor.box) return;
    this.editor.box.append(element);
    this.size = null;
    this.#fit();
  }

  /** The first doubtful sentence is where a reviewer begins; else the beginning. */
  #focus() {
    if (this.editor.readOnly) return;
    if (this.#doubtful.length) this.#step(0, false);
    else this.view.text.goTo(0);
    this.#fresh = true;
  }

  /** A press or a shortcut. What doesn't fit does nothing. */
  act(name, value) {
    const acts = {
      accept: () => this.#choose("accept"),
      fix: () => this.#choose("fix"),
      reject: () => this.#choose("reject"),
      play: () => this.hand.play(),
      sentence: () => this.hand.playSentence(),
      next: () => this.#step(this.#after(1)),
      previous: () => this.#step(this.#after(-1)),
      restore: () => this.view.text.type(this.task.text),
      take: () => this.view.text.type(value),
      hear: () => this.#toggleHear(),
      language: () => this.#otherLanguage(),
    };
    const reason = /^reason([1-6])$/.exec(name)?.[1];
    if (reason) {
      if (this.decision.choice === "reject") this.#reason(REASONS[reason - 1]);
    } else acts[name]?.();
  }

  #toggleHear() {
    this.hear = !this.hear;
    localStorage.setItem(HEAR, this.hear ? "yes" : "no");
    this.view.showHear(this.hear);
  }

  /** The page stays, and all that was typed with it; the server remembers the choice. */
  #otherLanguage() {
    language = otherThan(language);
    changeLanguage(language).catch(() => {}); // then it holds until the page is left
    const text = this.view.text.value;
    this.view.element.remove();
    this.#build(text);
    this.#edited();
  }

  // --- deciding --------------------------------------------------------------------------

  #choose(choice) {
    if (this.editor.readOnly) return;
    this.decision.choose(choice);
    this.#decided();
    if (choice === "reject") this.view.bar.focusReasons();
    else if (choice === "fix") this.view.text.box.focus();
  }

  #reason(code) {
    if (this.editor.readOnly) return;
    this.decision.giveReason(code);
    this.#decided();
  }

  #decided() {
    const { decision, editor } = this;
    const lacking = decision.lacking;
    const sentence = editor.readOnly ? "shown" : (lacking ?? `ready_${decision.choice}`);
    this.view.bar.show(decision, this.t(sentence));
    if (editor.readOnly) return;
    editor.choose("decision", decision.choice ? [decision.choice] : []);
    editor.choose("reason", decision.choice === "reject" ? decision.reasons : []);
  }

  /** Give Label Studio all that is decided, and press its button. */
  submit() {
    if (this.ready() && !this.editor.submit()) setText(this.view.bar.status, this.t("no_button"));
  }

  /** Whether what is decided may be submitted; Label Studio has all of it then. */
  ready() {
    if (this.editor.readOnly) return false;
    this.flush();
    if (this.decision.lacking) this.#insist();
    else this.submitting = JSON.stringify(this.changes());
    return this.decision.lacking === null;
  }

  #insist() {
    const { bar, text } = this.view;
    bar.element.classList.remove("annotate-rv-insist");
    requestAnimationFrame(() => bar.element.classList.add("annotate-rv-insist"));
    if (this.decision.lacking === "lack_reason") bar.focusReasons();
    else if (this.decision.lacking !== "lack_choice") text.box.focus();
  }

  /** Write the text into Label Studio's control, if it isn't there yet. */
  flush() {
    clearTimeout(this.#writing);
    this.#writing = null;
    const text = this.view.text.value;
    if (this.editor.readOnly || this.editor.text === text) return;
    if (this.editor.write(text)) this.#written = text;
  }

  /** What has been changed since the panel was opened; null if nothing. */
  changes() {
    const { opened, decision: { choice, reasons }, view: { text: { value: text } } } = this;
    return opened.readOnly || (text === opened.text && choice === opened.choice) ? null : { text, choice, reasons };
  }

  /** Make these changes, as `changes` returns them. */
  repeat({ text, choice, reasons }) {
    if (this.opened.readOnly) return;
    if (text !== this.view.text.value) this.view.text.type(text);
    if (choice) this.decision.choose(choice);
    if (choice === "reject" && reasons.length) this.decision.giveReason(reasons[0]);
    this.#decided();
  }

  // --- the text --------------------------------------------------------------------------

  #edited() {
    const { text } = this.view;
    const changed = this.#isChanged(text.value);
    this.decision.edited(changed, !isVisible(text.value));
    this.#draw();
    if (document.activeElement === text.box) text.bringIntoView(text.atCaret());
    this.#decided();
    clearTimeout(this.#writing);
    this.#writing = setTimeout(() => this.flush(), WRITE_MS);
    const { tokens } = this.hand;
    const edited = tokens.filter((one) => one.origin === null).length;
    this.view.showCounts(tokens.length, edited, changed);
  }

  #isChanged(text) {
    return text.trim() !== this.task.text.trim();
  }

  #draw() {
    const { text } = this.view;
    const tokens = this.words.of(text.value);
    this.hand.tokens = tokens;
    text.draw(tokens);
    const now = this.#doubtful[this.#at]?.sentence;
    this.#doubtful = this.words.doubtful(tokens, text.value);
    this.#at = this.#doubtful.findIndex((one) => one.sentence === now);
    this.#mark();
  }

  #mark() {
    const marks = this.#doubtful.map(({ sentence, doubts }, index) => ({
      sentence, now: index === this.#at, onPress: () => this.#step(index),
      label: doubts.map(({ code, detail }) => this.t(`doubt_${code}`, { detail }) || detail || code).join(" "),
    }));
    this.view.text.mark(marks);
    this.view.showDoubt(this.#at, this.#doubtful.length, this.#doubtful[this.#at]?.doubts ?? []);
  }

  /** The next doubtful sentence from the one at hand, or from the caret, going round. */
  #after(by) {
    const count = this.#doubtful.length;
    if (this.#fresh && by > 0) return 0;
    if (this.#at >= 0) return (this.#at + by + count) % count;
    const caret = this.view.text.atCaret() ?? 0;
    const next = this.#doubtful.findIndex((one) => one.token > caret);
    return by > 0 ? Math.max(0, next) : count - 1;
  }

  #step(index, select = true) {
    const one = this.#doubtful[index];
    if (!one) return;
    this.view.text.goTo(one.token, select && one.unsure);
    this.#at = index; // after the caret has moved, which looks for its own
    this.#fresh = false;
    this.#mark();
    this.hand.showSentence(one.token);
  }

  /** The caret moved: its word is at hand, and its sentence's doubts are shown. */
  #caret(index) {
    if (index === null || this.hand.busy) return;
    const { sentence } = this.hand.tokens[index] ?? {};
    const at = this.#doubtful.findIndex((one) => one.sentence === sentence);
    if (at !== this.#at) {
      this.#at = at;
      this.#mark();
    }
    this.hand.show(index);
    this.view.text.bringIntoView(index);
  }

  // --- beside Label Studio -----------------------------------------------------------------

  /** Several times a second: what Label Studio may have changed. */
  tick() {
    this.attach();
    this.#fit();
    const held = this.editor.text;
    if (this.#writing !== null || held === this.view.text.value) return;
    if (held === null || held === this.#written) return this.flush();
    this.#written = held; // by Label Studio's undo or reset
    this.view.text.set(held);
    this.#edited();
  }

  /** The panel fills what is left of the window, so that nothing of it is below the fold. */
  #fit() {
    const { element } = this.view;
    const top = Math.max(0, element.getBoundingClientRect().top);
    const room = Math.round(this.editor.bottom - top);
    const size = `${room} ${innerWidth}`;
    if (this.size === size) return;
    this.size = size;
    element.style.setProperty("--room", `${room}px`);
    this.view.text.match();
    this.#mark();
  }

  close() {
    clearTimeout(this.#writing);
    this.hand.close();
    this.view?.element.remove();
  }
}
