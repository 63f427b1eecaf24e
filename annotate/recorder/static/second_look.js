// A second look: what was recognized in a kept recording, to be heard word by word and corrected.
//
// Nobody has to wait for it. If no words come, nothing is shown, and submitting works as ever.

import { h, setText, show } from "./dom.js";
import { remember, remembered } from "./edits.js";
import { Snippets } from "./snippets.js";
import { audioAddress, readWords } from "./upload.js";
import { WordList } from "./word_list.js";

const EVERY_MS = 1000;
const ABSENT_EVERY_MS = 5000; // where nobody recognizes at the moment
const GIVE_UP_MS = 300_000;

export class SecondLook {
  #waiting = null; // an AbortController while words are waited for
  #recording = null; // the id of the recording that is shown
  #line = null; // which sentence is shown in place of words

  /** `recorder` has the panel, the protocol, the editor and the reference of what is kept. */
  constructor(recorder) {
    this.recorder = recorder;
    this.snippets = new Snippets();
  }

  /** Show the words of what is kept, or nothing if `kept` is false. May be called again and again. */
  follow(kept) {
    const { protocol, editor, reference } = this.recorder;
    const wanted = kept && protocol.second_look && !editor.readOnly ? reference.recording : null;
    if (wanted === this.#recording) return;
    this.#leave();
    this.#recording = wanted;
    if (wanted !== null) this.#wait(reference);
  }

  #leave() {
    this.#waiting?.abort();
    this.snippets.stop();
    this.element?.remove();
    this.#line = null;
  }

  async #wait(reference) {
    const { signal } = (this.#waiting = new AbortController());
    const began = performance.now();
    while (!signal.aborted && performance.now() - began < GIVE_UP_MS) {
      const told = await readWords(reference, signal).catch(() => ({ state: "absent" }));
      if (signal.aborted) return;
      if (told.state === "ready") return this.#show(told);
      const coming = told.state === "coming";
      this.#showLine(coming ? "look_coming" : null);
      await new Promise((resolve) => setTimeout(resolve, coming ? EVERY_MS : ABSENT_EVERY_MS));
    }
    if (!signal.aborted) this.#showLine(null);
  }

  /** One quiet line, or none. */
  #showLine(key) {
    if (key === this.#line) return;
    this.#line = key;
    const text = key === null ? "" : this.recorder.panel.t(key);
    this.#place(h("p", { class: "annotate-small", role: "status" }, text));
  }

  #place(...children) {
    this.element?.remove();
    this.element = h("section", { class: "annotate-look", "aria-label": this.recorder.panel.t("look_title") },
      ...children);
    this.recorder.panel.status.after(this.element);
  }

  #show({ words, language }) {
    const { t } = this.recorder.panel;
    if (words.length === 0) return this.#showLine("look_none");
    this.#recall();
    const { reference } = this.recorder;
    this.snippets.load(audioAddress(reference), reference.client_ms);
    this.list = new WordList({
      ...{ words, language, t, edit: reference.edit },
      play: (word) => this.snippets.play(word.start_ms, word.end_ms),
      onChange: (edit) => this.#keep(edit),
      onLook: () => this.#count(),
    });
    this.doubtful = h("span", { class: "annotate-small" });
    this.next = h("button", {
      type: "button", class: "annotate-button annotate-quiet", "data-action": "next-doubtful",
      onclick: () => this.list.openNext(),
    }, t("look_next"));
    this.#place(
      h("div", { class: "annotate-look-head" }, h("h4", {}, t("look_title")), this.doubtful, this.next),
      h("p", { class: "annotate-small" }, t("look_hint")), this.list.element);
    this.#count();
  }

  /** Put in what was corrected before a reload: Label Studio's draft may be older, or come later. */
  #recall() {
    const { reference, editor } = this.recorder;
    const edit = reference.edit || editor.submitted ? null : remembered(reference.recording);
    if (edit !== null) this.#keep(edit);
  }

  /** The edit goes into the annotation beside the recording's reference. */
  #keep(edit) {
    const { edit: _, ...plain } = this.recorder.reference;
    this.recorder.reference = edit === null ? plain : { ...plain, edit };
    remember(plain.recording, edit);
    this.recorder.editor.write(this.recorder.reference);
  }

  #count() {
    const { t } = this.recorder.panel;
    const { doubtful, changed } = this.list.counts;
    const parts = [];
    if (doubtful > 0) parts.push(t("look_doubtful", { count: doubtful }));
    if (changed > 0) parts.push(t("look_changed", { count: changed }));
    setText(this.doubtful, parts.join(" · "));
    show(this.next, doubtful > 0);
  }
}
