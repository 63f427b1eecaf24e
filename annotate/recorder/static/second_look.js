// The second look: the recognized words of a saved recording, to play and correct word by word.
//
// It is optional: the recording can be submitted at any time. If no words arrive, nothing is shown.

import { h, setText, setVisible } from "./dom.js";
import { loadEdit, saveEdit } from "./edits.js";
import { WordPlayer } from "./snippets.js";
import { audioUrl, fetchWords } from "./upload.js";
import { WordList } from "./word_list.js";

const POLL_MS = 1000;
const ABSENT_POLL_MS = 5000; // when no recognizer is running
const GIVE_UP_MS = 300_000;

export class SecondLook {
  #polling = null; // the AbortController of the polling
  #recordingId = null; // the id of the recording that is shown
  #messageKey = null; // key of the message that is shown instead of words

  /** `recorder` has the panel, the protocol, the editor and the reference of the saved recording. */
  constructor(recorder) {
    this.recorder = recorder;
    this.wordPlayer = new WordPlayer();
  }

  /** Show the words of the saved recording; nothing if `saved` is false. Repeated calls are harmless. */
  update(saved) {
    const { protocol, editor, reference } = this.recorder;
    const recordingId = saved && protocol.second_look && !editor.readOnly ? reference.recording : null;
    if (recordingId === this.#recordingId) return;
    this.#hide();
    this.#recordingId = recordingId;
    if (recordingId !== null) this.#poll(reference);
  }

  #hide() {
    this.#polling?.abort();
    this.wordPlayer.stop();
    this.element?.remove();
    this.#messageKey = null;
  }

  async #poll(reference) {
    const { signal } = (this.#polling = new AbortController());
    const startedAt = performance.now();
    while (!signal.aborted && performance.now() - startedAt < GIVE_UP_MS) {
      const response = await fetchWords(reference, signal).catch(() => ({ state: "absent" }));
      if (signal.aborted) return;
      if (response.state === "ready") return this.#show(response);
      const pending = response.state === "coming";
      this.#showMessage(pending ? "look_coming" : null);
      await new Promise((resolve) => setTimeout(resolve, pending ? POLL_MS : ABSENT_POLL_MS));
    }
    if (!signal.aborted) this.#showMessage(null);
  }

  /** Show a line of text; null removes it. */
  #showMessage(key) {
    if (key === this.#messageKey) return;
    this.#messageKey = key;
    const text = key === null ? "" : this.recorder.panel.t(key);
    this.#setContent(h("p", { class: "annotate-small", role: "status" }, text));
  }

  #setContent(...children) {
    this.element?.remove();
    this.element = h("section", { class: "annotate-look", "aria-label": this.recorder.panel.t("look_title") },
      ...children);
    this.recorder.panel.status.after(this.element);
  }

  #show({ words, language }) {
    const { t } = this.recorder.panel;
    if (words.length === 0) return this.#showMessage("look_none");
    this.#restoreEdit();
    const { reference } = this.recorder;
    this.wordPlayer.load(audioUrl(reference), reference.client_ms);
    this.wordList = new WordList({
      ...{ words, language, t, edit: reference.edit },
      play: (word) => this.wordPlayer.play(word.start_ms, word.end_ms),
      onChange: (edit) => this.#saveEdit(edit),
      onVisit: () => this.#showCounts(),
    });
    this.countsText = h("span", { class: "annotate-small" });
    this.nextButton = h("button", {
      type: "button", class: "annotate-button annotate-quiet", "data-action": "next-doubtful",
      onclick: () => this.wordList.openNext(),
    }, t("look_next"));
    this.#setContent(
      h("div", { class: "annotate-look-head" }, h("h4", {}, t("look_title")), this.countsText, this.nextButton),
      h("p", { class: "annotate-small" }, t("look_hint")), this.wordList.element);
    this.#showCounts();
  }

  /** Restore corrections from before a reload: Label Studio's draft may be older, or load later. */
  #restoreEdit() {
    const { reference, editor } = this.recorder;
    const edit = reference.edit || editor.submitted ? null : loadEdit(reference.recording);
    if (edit !== null) this.#saveEdit(edit);
  }

  /** Store the edit in the annotation, beside the recording's reference, and in this browser. */
  #saveEdit(edit) {
    const { edit: _, ...unedited } = this.recorder.reference;
    this.recorder.reference = edit === null ? unedited : { ...unedited, edit };
    saveEdit(unedited.recording, edit);
    this.recorder.editor.writeReference(this.recorder.reference);
  }

  #showCounts() {
    const { t } = this.recorder.panel;
    const { doubtful, changed } = this.wordList.counts;
    const parts = [];
    if (doubtful > 0) parts.push(t("look_doubtful", { count: doubtful }));
    if (changed > 0) parts.push(t("look_changed", { count: changed }));
    setText(this.countsText, parts.join(" · "));
    setVisible(this.nextButton, doubtful > 0);
  }
}
