// The controller of the review of one caption: actions, and the values of Label Studio's controls.

import { setText } from "./dom.js";
import { interfaceLanguage, otherLanguage } from "./language.js";
import { readTask } from "./review_data.js";
import { Decision, REASONS } from "./review_decision.js";
import { WordDetails } from "./review_word_details.js";
import { translator } from "./review_strings.js";
import { ReviewView } from "./review_view.js";
import { isVisible, Words } from "./review_words.js";
import { saveLanguage } from "./upload.js";

const WRITE_DELAY_MS = 300; // Label Studio's control gets the text after a pause in typing, and before submission
const PLAY_ON_CLICK_KEY = "annotate-aloud hear words";
let language = interfaceLanguage(navigator.language.slice(0, 2));

export class Review {
  #writeTimer = null;
  #writtenText = null; // the text that was last written into Label Studio's control
  #doubtfulSentences = [];
  #current = -1; // index of the current doubtful sentence
  #untouched = true; // until the reviewer moves to a doubtful sentence

  constructor(editor) {
    Object.assign(this, { editor, playOnClick: localStorage.getItem(PLAY_ON_CLICK_KEY) !== "no", submitting: null });
  }

  open() {
    const { editor } = this;
    const storedText = editor.text;
    this.task = readTask({ ...editor.data, caption: editor.data.caption ?? storedText ?? "" });
    // An empty control is only a decision if the annotation was submitted.
    const text = storedText === null || (storedText === "" && !editor.updates) ? this.task.text : storedText;
    this.decision = new Decision(editor.selectedCodes("decision")[0], editor.selectedCodes("reason"), this.#isChanged(text));
    this.initial = { text, choice: this.decision.choice, readOnly: editor.readOnly };
    this.words = new Words(this.task);
    for (const decision of this.task.earlier) decision.changed = this.words.changed(decision.text);
    this.details = new WordDetails(this.task, (playing) => this.view?.showPlaying(playing));
    this.#build(text);
    this.#onEdit();
    this.#focusFirst();
  }

  #build(text) {
    this.t = translator(language);
    this.view = new ReviewView({
      task: this.task, t: this.t, language, readOnly: this.editor.readOnly,
      on: {
        action: (name, value) => this.handleAction(name, value),
        text: {
          edit: () => this.#onEdit(), hover: (index) => this.details.hover(index),
          click: (index, event) => this.details.click(index, event, this.playOnClick), caret: (index) => this.#onCaret(index),
        },
        transcripts: {
          hover: (voice, word) => this.details.hoverTranscript(voice, word), play: (voice, word) => this.details.playTranscript(voice, word),
        },
        bar: {
          choose: (choice) => this.handleAction(choice), reason: (code) => this.#chooseReason(code),
        },
      },
    });
    this.details.setView(this.view, this.t);
    this.view.text.setValue(text);
    this.view.showPlayOnClick(this.playOnClick);
    this.attach();
  }

  /** Attach the panel to the editor, again if Label Studio has rendered it anew. */
  attach() {
    const { element } = this.view;
    if (element.parentElement === this.editor.container) return;
    this.editor.container.append(element);
    this.fittedSize = null;
    this.#fitToWindow();
  }

  /** Move to the first doubtful sentence, else to the beginning. */
  #focusFirst() {
    if (this.editor.readOnly) return;
    if (this.#doubtfulSentences.length) this.#goToDoubtful(0, false);
    else this.view.text.moveCaretTo(0);
    this.#untouched = true;
  }

  /** Handle a press or a shortcut; it is ignored if it doesn't apply. */
  handleAction(name, value) {
    const actions = {
      accept: () => this.#choose("accept"),
      fix: () => this.#choose("fix"),
      reject: () => this.#choose("reject"),
      play: () => this.details.play(),
      sentence: () => this.details.playSentence(),
      next: () => this.#goToDoubtful(this.#doubtfulAfter(1)),
      previous: () => this.#goToDoubtful(this.#doubtfulAfter(-1)),
      restore: () => this.view.text.insertText(this.task.text),
      take: () => this.view.text.insertText(value),
      hear: () => this.#togglePlayOnClick(),
      language: () => this.#switchLanguage(),
    };
    const reason = /^reason([1-6])$/.exec(name)?.[1];
    if (reason) {
      if (this.decision.choice === "reject") this.#chooseReason(REASONS[reason - 1]);
    } else actions[name]?.();
  }

  #togglePlayOnClick() {
    this.playOnClick = !this.playOnClick;
    localStorage.setItem(PLAY_ON_CLICK_KEY, this.playOnClick ? "yes" : "no");
    this.view.showPlayOnClick(this.playOnClick);
  }

  /** Rebuild the view in the other language, without a reload; the server stores the choice. */
  #switchLanguage() {
    language = otherLanguage(language);
    saveLanguage(language).catch(() => {}); // then it applies until the page is closed
    const text = this.view.text.value;
    this.view.element.remove();
    this.#build(text);
    this.#onEdit();
  }

  // --- the decision ----------------------------------------------------------------------

  #choose(choice) {
    if (this.editor.readOnly) return;
    this.decision.choose(choice);
    this.#showDecision();
    if (choice === "reject") this.view.bar.focusReasons();
    else if (choice === "fix") this.view.text.textarea.focus();
  }

  #chooseReason(code) {
    if (this.editor.readOnly) return;
    this.decision.giveReason(code);
    this.#showDecision();
  }

  #showDecision() {
    const { decision, editor } = this;
    const lacking = decision.lacking;
    const message = editor.readOnly ? "shown" : (lacking ?? `ready_${decision.choice}`);
    this.view.bar.show(decision, this.t(message));
    if (editor.readOnly) return;
    editor.selectCodes("decision", decision.choice ? [decision.choice] : []);
    editor.selectCodes("reason", decision.choice === "reject" ? decision.reasons : []);
  }

  /** Write everything into Label Studio's controls, and click its button. */
  submit() {
    if (this.prepareSubmit() && !this.editor.submit()) setText(this.view.bar.status, this.t("no_button"));
  }

  /** Whether the decision can be submitted; if so, Label Studio's controls have all of it. */
  prepareSubmit() {
    if (this.editor.readOnly) return false;
    this.flush();
    if (this.decision.lacking) this.#showMissing();
    else this.submitting = JSON.stringify(this.changes());
    return this.decision.lacking === null;
  }

  #showMissing() {
    const { bar, text } = this.view;
    bar.element.classList.remove("annotate-rv-insist");
    requestAnimationFrame(() => bar.element.classList.add("annotate-rv-insist"));
    if (this.decision.lacking === "lack_reason") bar.focusReasons();
    else if (this.decision.lacking !== "lack_choice") text.textarea.focus();
  }

  /** Write the text into Label Studio's control, if it differs. */
  flush() {
    clearTimeout(this.#writeTimer);
    this.#writeTimer = null;
    const text = this.view.text.value;
    if (this.editor.readOnly || this.editor.text === text) return;
    if (this.editor.writeText(text)) this.#writtenText = text;
  }

  /** The changes since the panel was opened, `{text, choice, reasons}`; null if there are none. */
  changes() {
    const { initial, decision: { choice, reasons }, view: { text: { value: text } } } = this;
    return initial.readOnly || (text === initial.text && choice === initial.choice) ? null : { text, choice, reasons };
  }

  /** Apply changes that `changes` returned. */
  applyChanges({ text, choice, reasons }) {
    if (this.initial.readOnly) return;
    if (text !== this.view.text.value) this.view.text.insertText(text);
    if (choice) this.decision.choose(choice);
    if (choice === "reject" && reasons.length) this.decision.giveReason(reasons[0]);
    this.#showDecision();
  }

  // --- the text --------------------------------------------------------------------------

  #onEdit() {
    const { text } = this.view;
    const changed = this.#isChanged(text.value);
    this.decision.edited(changed, !isVisible(text.value));
    this.#draw();
    if (document.activeElement === text.textarea) text.bringIntoView(text.tokenAtCaret());
    this.#showDecision();
    clearTimeout(this.#writeTimer);
    this.#writeTimer = setTimeout(() => this.flush(), WRITE_DELAY_MS);
    const { tokens } = this.details;
    const editedCount = tokens.filter((token) => token.origin === null).length;
    this.view.showCounts(tokens.length, editedCount, changed);
  }

  #isChanged(text) {
    return text.trim() !== this.task.text.trim();
  }

  #draw() {
    const { text } = this.view;
    const tokens = this.words.of(text.value);
    this.details.tokens = tokens;
    text.draw(tokens);
    const current = this.#doubtfulSentences[this.#current]?.sentence;
    this.#doubtfulSentences = this.words.doubtful(tokens, text.value);
    this.#current = this.#doubtfulSentences.findIndex((doubtful) => doubtful.sentence === current);
    this.#showMarks();
  }

  #showMarks() {
    const marks = this.#doubtfulSentences.map(({ sentence, doubts }, index) => ({
      sentence, current: index === this.#current, onPress: () => this.#goToDoubtful(index),
      label: doubts.map(({ code, detail }) => this.t(`doubt_${code}`, { detail }) || detail || code).join(" "),
    }));
    this.view.text.showMarks(marks);
    this.view.showDoubt(this.#current, this.#doubtfulSentences.length, this.#doubtfulSentences[this.#current]?.doubts ?? []);
  }

  /** The doubtful sentence after (1) or before (-1) the current one or the caret, wrapping around. */
  #doubtfulAfter(offset) {
    const count = this.#doubtfulSentences.length;
    if (this.#untouched && offset > 0) return 0;
    if (this.#current >= 0) return (this.#current + offset + count) % count;
    const caret = this.view.text.tokenAtCaret() ?? 0;
    const next = this.#doubtfulSentences.findIndex((doubtful) => doubtful.token > caret);
    return offset > 0 ? Math.max(0, next) : count - 1;
  }

  #goToDoubtful(index, select = true) {
    const doubtful = this.#doubtfulSentences[index];
    if (!doubtful) return;
    this.view.text.moveCaretTo(doubtful.token, select && doubtful.unsure);
    this.#current = index; // last, because moving the caret also sets it
    this.#untouched = false;
    this.#showMarks();
    this.details.showSentence(doubtful.token);
  }

  /** The caret moved: show its word, and the doubts of its sentence. */
  #onCaret(index) {
    if (index === null || this.details.followsPlayback) return;
    const { sentence } = this.details.tokens[index] ?? {};
    const position = this.#doubtfulSentences.findIndex((doubtful) => doubtful.sentence === sentence);
    if (position !== this.#current) {
      this.#current = position;
      this.#showMarks();
    }
    this.details.show(index);
    this.view.text.bringIntoView(index);
  }

  // --- synchronization with Label Studio -------------------------------------------------

  /** Called several times a second: apply what Label Studio may have changed. */
  tick() {
    this.attach();
    this.#fitToWindow();
    const storedText = this.editor.text;
    if (this.#writeTimer !== null || storedText === this.view.text.value) return;
    if (storedText === null || storedText === this.#writtenText) return this.flush();
    this.#writtenText = storedText; // by Label Studio's undo or reset
    this.view.text.setValue(storedText);
    this.#onEdit();
  }

  /** Fit the panel's height into the window, so that all of it is visible. */
  #fitToWindow() {
    const { element } = this.view;
    const top = Math.max(0, element.getBoundingClientRect().top);
    const height = Math.round(this.editor.bottomEdge - top);
    const fittedSize = `${height} ${innerWidth}`;
    if (this.fittedSize === fittedSize) return;
    this.fittedSize = fittedSize;
    element.style.setProperty("--room", `${height}px`);
    this.view.text.copyFont();
    this.#showMarks();
  }

  close() {
    clearTimeout(this.#writeTimer);
    this.details.close();
    this.view?.element.remove();
  }
}
