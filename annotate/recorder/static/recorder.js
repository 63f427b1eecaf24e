// The controller of the recorder for one open image: its state and actions.
import { applyConsent } from "./consent.js";
import { RetryingUpload } from "./delivery.js";
import { interfaceLanguage, switchLanguage } from "./language.js";
import { acquireLock, lockName } from "./tab_lock.js";
import { Playback } from "./playback.js";
import { Panel } from "./panel.js";
import { Onboarding } from "./onboarding.js";
import { SecondLook } from "./second_look.js";
import { RecordingSession } from "./speaking.js";
import { RECORD_ACTIONS, RECORDING_STATES, UPLOADING_STATES, visibleButtons } from "./states.js";
import { openStore } from "./store.js";
import { minutes } from "./strings.js";
import { newTake, removeUploaded, uploadOtherTakes } from "./take.js";
import { audioUrl, fetchProtocolWithRetries, uploadTake } from "./upload.js";

export class Recorder {
  state = "loading";
  #abort = new AbortController();
  #releaseLock = () => {};
  #replaced = null; // the recording before "Record again", which can be restored
  #shownButtons = []; // names of the visible buttons
  #submittedReference = null; // the annotation's reference when it was opened, as JSON

  constructor(editor, user) {
    this.editor = editor;
    this.user = user;
    this.onboarding = new Onboarding(this);
    this.session = new RecordingSession(this);
    this.secondLook = new SecondLook(this);
    this.playback = new Playback(
      (ms) => this.panel?.showTime(ms, this.durationMs),
      (playing) => this.show(this.state, this.text, playing),
    );
  }

  /** Load the protocol and existing recordings, and show them. */
  async open() {
    this.store = await openStore();
    const response = await fetchProtocolWithRetries(this.editor.task, this.#abort.signal);
    if (this.closed) return;
    this.protocol = response.protocol;
    this.consent_sha256 = response.consent_sha256;
    this.earlier = response.earlier;
    this.language = interfaceLanguage(response.protocol.interface);
    const { protocol, language } = this;
    this.panel = new Panel({ protocol, language, onAction: (name, value) => this.handleAction(name, value) });
    this.show("loading"); // before the panel is attached
    this.attach();
    await this.#acquireLock();
    if (!this.closed) await this.#load();
  }

  /** Wait until no other tab has this image open, then load what was recorded there. */
  async #acquireLock() {
    const { signal } = this.#abort;
    const name = lockName(this.user, this.editor.task);
    const release = await acquireLock(name, () => this.show("blocked"), signal);
    if (release === null) return;
    this.#releaseLock = release;
    if (this.closed) return this.#releaseLock();
    if (this.state === "blocked") this.earlier = (await fetchProtocolWithRetries(this.editor.task, signal))?.earlier;
  }

  get closed() { return this.#abort.signal.aborted; }

  /** Attach the panel to the editor, again if Label Studio has rendered it anew. */
  attach() {
    if (this.panel && this.panel.element.parentElement !== this.editor.container) {
      this.editor.container.append(this.panel.element);
    }
  }

  async #load() {
    const takes = await this.store.takes(this.user);
    const ownTakes = takes.filter((take) => take.task === this.editor.task);
    uploadOtherTakes(this.store, takes.filter((take) => take.task !== this.editor.task))
      .then((remaining) => this.closed || this.panel.showOtherTakes(remaining));
    const newest = this.editor.readOnly ? null : (ownTakes.at(-1) ?? null);
    const audio = newest && (await this.store.audio(newest));
    const reference = this.editor.readReference();
    this.#submittedReference = JSON.stringify(reference);
    if (audio?.size) this.#restoreTake(newest, audio);
    else if (reference) this.#showSaved(reference, this.#savedMessage());
    else if (this.earlier && !this.editor.readOnly) {
      this.editor.writeReference(this.earlier);
      this.#showSaved(this.earlier, "state_kept_earlier");
    } else this.#showReady();
  }

  /** Restore a take that remained in this browser after a reload, a closed tab or a lost network. */
  #restoreTake(take, audio) {
    this.editor.writeReference(null);
    this.#selectTake(take, audio);
    if (take.state === "stopped") this.#upload();
    else this.show("found", this.panel.t("state_found", { time: minutes(take.client_ms) }));
  }

  #selectTake(take, audio) {
    this.take = take;
    this.audio = audio;
    this.durationMs = take.client_ms;
    this.playback.load(audio);
    this.panel.showQuestions(take.prompts);
    this.panel.showTime(0, this.durationMs);
  }

  #showReady() {
    this.take = null;
    this.durationMs = null;
    this.playback.load(null);
    this.panel.showQuestions([]);
    this.panel.showTime(0);
    this.panel.showWarning(this.store.durable ? null : "warn_memory");
    if (!this.onboarding.showNextStep(() => this.#showReady())) this.show("ready");
  }

  /** Handle a press or a shortcut; it is ignored if it doesn't apply to the state. */
  handleAction(name, value) {
    const actions = {
      record: () => this.#startRecording(),
      pause: () => this.session.pause(),
      go_on: () => this.session.resume() || this.#stopRecording(),
      stop: () => this.#stopRecording(),
      listen: () => this.playback.toggle(),
      seek: () => this.playback.seek(value),
      redo: () => this.#redo(),
      keep: () => this.#upload(),
      keep_earlier: () => this.#restoreReplaced(),
      microphone: () => this.onboarding.showTest(() => this.#showReady()),
      submit: () => this.submittable && this.editor.submit(),
      skip: () => this.editor.skip(),
      previous: () => this.editor.previous(),
      next: () => location.assign("/"),
    };
    if (name === "retry") this.upload?.retryNow();
    else if (name === "language") switchLanguage(value).catch(() => this.panel.showWarning("why_network"));
    else if (name === "seek" || this.#availableButtons().includes(name)) actions[name]?.();
    else if (name === "question" && this.capture) this.session.toggleQuestion(value);
  }

  /** One key is for record, pause and resume; one ticks the next question. */
  handleShortcut(name) {
    if (name === "record") this.handleAction(RECORD_ACTIONS[this.state]);
    else if (name === "next") this.session.tickNextQuestion();
    else if (["stop", "listen"].includes(name)) this.handleAction(name);
  }

  get capture() { return this.session.capture; }

  #availableButtons() {
    const { readOnly, submitted, hasPrevious } = this.editor;
    const submittedBefore = submitted && JSON.stringify(this.reference) === this.#submittedReference;
    const canKeepEarlier = this.#replaced !== null;
    return visibleButtons(this.state, { readOnly, submittedBefore, hasPrevious, canKeepEarlier });
  }

  #savedMessage() {
    if (this.editor.readOnly) return "state_shown";
    return this.editor.submitted ? "state_submitted" : "state_kept";
  }

  async #startRecording() {
    const agreed = { consented_at: null, consent: null };
    applyConsent(agreed, this);
    const { user, protocol: { language } } = this;
    await this.session.start(newTake({ user, task: this.editor.task, language, ...agreed }));
  }

  async #stopRecording() {
    if (this.session.warnIfShort()) return;
    await this.#finishRecording();
    if (this.audio.size) return this.#upload();
    await this.store.remove(this.take.id);
    this.#showReady();
  }

  async #finishRecording() {
    const { take, audio } = await this.session.finish();
    this.#selectTake(take, audio);
  }

  async #upload() {
    const { take, audio } = this;
    // The statement may have changed since the recording: consent to the current one is required.
    if (!applyConsent(take, this)) return this.onboarding.showConsent(() => this.#upload());
    take.state = "stopped";
    await this.store.put(take).catch(() => {});
    this.upload = new RetryingUpload({
      take, audio,
      onAttempt: () => this.closed || (this.panel.showUploadError(null), this.show("saving")),
      onError: (failure) => {
        if (this.state !== "waiting") this.show("waiting");
        this.panel.showUploadError(failure);
      },
    });
    const reference = await this.upload.run();
    if (reference === null || this.take !== take) return;
    await removeUploaded(this.store, take);
    if (this.closed) return;
    this.panel.showUploadError(null);
    this.editor.writeReference(reference);
    this.#showSaved(reference, "state_kept", audio);
  }

  #showSaved(reference, text, audio = audioUrl(reference)) {
    this.take = null;
    this.#replaced = null;
    this.reference = reference;
    this.durationMs = reference.client_ms;
    this.playback.load(audio);
    this.panel.showQuestions(reference.prompts ?? []);
    this.panel.showTime(0, this.durationMs);
    this.show("kept", this.panel.t(text));
  }

  #redo() {
    const { take, audio, reference } = this;
    this.#replaced = take ? { take, audio } : { reference };
    this.upload?.stop();
    this.panel.showUploadError(null);
    this.editor.writeReference(null);
    this.#showReady();
  }

  #restoreReplaced() {
    const { take, audio, reference } = this.#replaced;
    this.#replaced = null;
    if (take) {
      this.#selectTake(take, audio);
      return this.#upload();
    }
    this.editor.writeReference(reference);
    this.#showSaved(reference, this.#savedMessage());
  }

  show(state, text = null, playing = false, card = null) {
    if (this.state === "card" && card === null) this.onboarding.stop();
    this.state = state;
    if (!this.panel || this.closed) return;
    document.body.dataset.annotateState = state;
    this.text = text ?? this.panel.t(`state_${state}`);
    this.#shownButtons = this.#availableButtons();
    this.panel.show({ state, text: this.text, buttons: this.#shownButtons, card, playing });
    this.secondLook.update(state === "kept");
  }

  /** Update the buttons when Label Studio's own buttons have changed. */
  #refreshButtons() {
    const unchanged = this.#availableButtons().join() === this.#shownButtons.join();
    if (unchanged || !["ready", "kept"].includes(this.state)) return;
    this.show(this.state, this.state === "kept" ? this.panel.t(this.#savedMessage()) : this.text);
  }

  /** Whether Label Studio may submit the annotation. */
  get submittable() {
    return this.editor.readOnly || (this.state === "kept" && this.editor.readReference() !== null);
  }

  /** Whether closing the page would interrupt a recording or lose one. */
  get blocksUnload() {
    const recording = RECORDING_STATES.includes(this.state);
    return recording || (UPLOADING_STATES.includes(this.state) && !this.store.durable);
  }

  /** Called several times a second: update the clock and what Label Studio may have changed. */
  tick() {
    this.attach();
    this.editor.fitImage();
    this.panel?.controls.setSubmitting(this.editor.submitting);
    this.#refreshButtons();
    if (this.state === "kept" && !this.editor.readOnly && this.editor.readReference() === null) {
      this.editor.writeReference(this.reference); // by Label Studio's undo or reset
    }
    if (this.session.tick()) {
      this.#stopRecording();
      this.panel.showWarning("warn_long");
    }
  }

  /** The image was closed. A running recording is stopped, stored and uploaded once. */
  async close() {
    this.playback.load(null);
    this.secondLook.update(false);
    this.onboarding.stop();
    this.upload?.stop();
    this.panel?.element.remove();
    delete document.body.dataset.annotateState;
    const { capture } = this;
    this.#abort.abort();
    if (capture) {
      await this.#finishRecording();
      const reference = await uploadTake(this.take, this.audio).catch(() => null);
      if (reference) await removeUploaded(this.store, this.take);
    }
    this.#releaseLock();
  }
}
