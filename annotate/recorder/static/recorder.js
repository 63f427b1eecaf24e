// The recorder of one open image: its state, and the action of each press.
import { agree } from "./consent.js";
import { Delivery } from "./delivery.js";
import { choose, languageOf } from "./language.js";
import { lockName, takeLock } from "./tab_lock.js";
import { Playback } from "./playback.js";
import { Panel } from "./panel.js";
import { Onboarding } from "./onboarding.js";
import { SecondLook } from "./second_look.js";
import { Speaking } from "./speaking.js";
import { buttonsOf, RECORD_KEY, SPEAKING, UNSENT } from "./states.js";
import { openStore } from "./store.js";
import { minutes } from "./strings.js";
import { forget, newTake, sendOthers } from "./take.js";
import { audioAddress, readProtocolPatiently, send } from "./upload.js";

export class Recorder {
  state = "loading";
  #closed = new AbortController();
  #giveBack = () => {};
  #previous = null; // what can be returned to after "Record again"
  #offered = []; // the buttons that are shown
  #handedIn = null; // what an annotation that was submitted before holds, as text

  constructor(editor, user) {
    this.editor = editor;
    this.user = user;
    this.onboarding = new Onboarding(this);
    this.speaking = new Speaking(this);
    this.look = new SecondLook(this);
    this.playback = new Playback(
      (ms) => this.panel?.showTime(ms, this.length_ms),
      (playing) => this.show(this.state, this.text, playing),
    );
  }

  /** Load the protocol and existing recordings, and show them. */
  async open() {
    this.store = await openStore();
    const asked = await readProtocolPatiently(this.editor.task, this.#closed.signal);
    if (this.gone) return;
    this.protocol = asked.protocol;
    this.consent_sha256 = asked.consent_sha256;
    this.earlier = asked.earlier;
    this.language = languageOf(asked.protocol.interface);
    const { protocol, language } = this;
    this.panel = new Panel({ protocol, language, act: (name, value) => this.act(name, value) });
    this.show("loading"); // before anybody sees it
    this.attach();
    await this.#takeLock();
    if (!this.gone) await this.#load();
  }

  /** Wait until no other tab has this image; what was recorded there meanwhile is ours to show. */
  async #takeLock() {
    const { signal } = this.#closed;
    const name = lockName(this.user, this.editor.task);
    const giveBack = await takeLock(name, () => this.show("blocked"), signal);
    if (giveBack === null) return;
    this.#giveBack = giveBack;
    if (this.gone) return this.#giveBack();
    if (this.state === "blocked") this.earlier = (await readProtocolPatiently(this.editor.task, signal))?.earlier;
  }

  get gone() { return this.#closed.signal.aborted; }

  /** Put the panel into the editor, again if Label Studio has drawn it anew. */
  attach() {
    if (this.panel && this.panel.element.parentElement !== this.editor.box) {
      this.editor.box.append(this.panel.element);
    }
  }

  async #load() {
    const takes = await this.store.takes(this.user);
    const mine = takes.filter((take) => take.task === this.editor.task);
    sendOthers(this.store, takes.filter((take) => take.task !== this.editor.task))
      .then((left) => this.gone || this.panel.showOthers(left));
    const newest = this.editor.readOnly ? null : (mine.at(-1) ?? null);
    const sound = newest && (await this.store.sound(newest));
    const reference = this.editor.read();
    this.#handedIn = JSON.stringify(reference);
    if (sound?.size) this.#resume(newest, sound);
    else if (reference) this.#kept(reference, this.#text());
    else if (this.earlier && !this.editor.readOnly) {
      this.editor.write(this.earlier);
      this.#kept(this.earlier, "state_kept_earlier");
    } else this.#ready();
  }

  /** A take that a reload, a closed tab or a lost network has left here. */
  #resume(take, sound) {
    this.editor.write(null);
    this.#hold(take, sound);
    if (take.state === "stopped") this.#deliver();
    else this.show("found", this.panel.t("state_found", { time: minutes(take.client_ms) }));
  }

  #hold(take, sound) {
    this.take = take;
    this.sound = sound;
    this.length_ms = take.client_ms;
    this.playback.load(sound);
    this.panel.showQuestions(take.prompts);
    this.panel.showTime(0, this.length_ms);
  }

  #ready() {
    this.take = null;
    this.length_ms = null;
    this.playback.load(null);
    this.panel.showQuestions([]);
    this.panel.showTime(0);
    this.panel.showWarning(this.store.durable ? null : "warn_memory");
    if (!this.onboarding.first(() => this.#ready())) this.show("ready");
  }

  /** Handle a press or a shortcut; it is ignored if it doesn't apply to the state. */
  act(name, value) {
    const acts = {
      record: () => this.#record(),
      pause: () => this.speaking.pause(),
      go_on: () => this.speaking.goOn() || this.#stop(),
      stop: () => this.#stop(),
      listen: () => this.playback.toggle(),
      seek: () => this.playback.seek(value),
      redo: () => this.#redo(),
      keep: () => this.#deliver(),
      keep_earlier: () => this.#keepEarlier(),
      microphone: () => this.onboarding.showTest(() => this.#ready()),
      submit: () => this.submittable && this.editor.submit(),
      skip: () => this.editor.skip(),
      previous: () => this.editor.previous(),
      next: () => location.assign("/"),
    };
    if (name === "retry") this.delivery?.now();
    else if (name === "language") choose(value).catch(() => this.panel.showWarning("why_network"));
    else if (name === "seek" || this.#buttons().includes(name)) acts[name]?.();
    else if (name === "question" && this.capture) this.speaking.question(value);
  }

  /** One key for record, pause and go on; one for the next question not yet passed. */
  shortcut(name) {
    if (name === "record") this.act(RECORD_KEY[this.state]);
    else if (name === "next") this.speaking.next();
    else if (["stop", "listen"].includes(name)) this.act(name);
  }

  get capture() { return this.speaking.capture; }

  #buttons() {
    const { readOnly, submitted, hasPrevious } = this.editor;
    const handedIn = submitted && JSON.stringify(this.reference) === this.#handedIn;
    return buttonsOf(this.state, { readOnly, handedIn, hasPrevious, earlier: this.#previous });
  }

  #text() {
    if (this.editor.readOnly) return "state_shown";
    return this.editor.submitted ? "state_submitted" : "state_kept";
  }

  async #record() {
    const agreed = { consented_at: null, consent: null };
    agree(agreed, this);
    const { user, protocol: { language } } = this;
    await this.speaking.begin(newTake({ user, task: this.editor.task, language, ...agreed }));
  }

  async #stop() {
    if (this.speaking.asksForMore()) return;
    await this.#finish();
    if (this.sound.size) return this.#deliver();
    await this.store.remove(this.take.id);
    this.#ready();
  }

  async #finish() {
    const { take, sound } = await this.speaking.finish();
    this.#hold(take, sound);
  }

  async #deliver() {
    const { take, sound } = this;
    // The statement may have changed since: what was agreed to is what is shown now, or nothing.
    if (!agree(take, this)) return this.onboarding.showConsent(() => this.#deliver());
    take.state = "stopped";
    await this.store.put(take).catch(() => {});
    this.delivery = new Delivery({
      take, sound,
      onTry: () => this.gone || (this.panel.showDelivery(null), this.show("saving")),
      onTrouble: (trouble) => {
        if (this.state !== "waiting") this.show("waiting");
        this.panel.showDelivery(trouble);
      },
    });
    const reference = await this.delivery.run();
    if (reference === null || this.take !== take) return;
    await forget(this.store, take);
    if (this.gone) return;
    this.panel.showDelivery(null);
    this.editor.write(reference);
    this.#kept(reference, "state_kept", sound);
  }

  #kept(reference, text, sound = audioAddress(reference)) {
    this.take = null;
    this.#previous = null;
    this.reference = reference;
    this.length_ms = reference.client_ms;
    this.playback.load(sound);
    this.panel.showQuestions(reference.prompts ?? []);
    this.panel.showTime(0, this.length_ms);
    this.show("kept", this.panel.t(text));
  }

  #redo() {
    const { take, sound, reference } = this;
    this.#previous = take ? { take, sound } : { reference };
    this.delivery?.stop();
    this.panel.showDelivery(null);
    this.editor.write(null);
    this.#ready();
  }

  #keepEarlier() {
    const { take, sound, reference } = this.#previous;
    this.#previous = null;
    if (take) {
      this.#hold(take, sound);
      return this.#deliver();
    }
    this.editor.write(reference);
    this.#kept(reference, this.#text());
  }

  show(state, text = null, listening = false, card = null) {
    if (this.state === "card" && card === null) this.onboarding.stop();
    this.state = state;
    if (!this.panel || this.gone) return;
    document.body.dataset.annotateState = state;
    this.text = text ?? this.panel.t(`state_${state}`);
    this.#offered = this.#buttons();
    this.panel.show({ state, text: this.text, buttons: this.#offered, card, listening });
    this.look.follow(state === "kept");
  }

  /** Label Studio draws its own buttons when it likes: what ours offer follows. */
  #follow() {
    const same = this.#buttons().join() === this.#offered.join();
    if (same || !["ready", "kept"].includes(this.state)) return;
    this.show(this.state, this.state === "kept" ? this.panel.t(this.#text()) : this.text);
  }

  /** Whether Label Studio may submit the annotation. */
  get submittable() {
    return this.editor.readOnly || (this.state === "kept" && this.editor.read() !== null);
  }

  /** Whether closing the page would interrupt somebody or lose something. */
  get busy() {
    const speaking = SPEAKING.includes(this.state);
    return speaking || (UNSENT.includes(this.state) && !this.store.durable);
  }

  /** Several times a second: the clock, and what Label Studio may have changed. */
  tick() {
    this.attach();
    this.editor.fitImage();
    this.panel?.controls.busy(this.editor.storing);
    this.#follow();
    if (this.state === "kept" && !this.editor.readOnly && this.editor.read() === null) {
      this.editor.write(this.reference); // by Label Studio's undo or reset
    }
    if (this.speaking.tick()) {
      this.#stop();
      this.panel.showWarning("warn_long");
    }
  }

  /** The image was closed. A take that is being recorded ends, is kept and sent once. */
  async close() {
    this.playback.load(null);
    this.look.follow(false);
    this.onboarding.stop();
    this.delivery?.stop();
    this.panel?.element.remove();
    delete document.body.dataset.annotateState;
    const { capture } = this;
    this.#closed.abort();
    if (capture) {
      await this.#finish();
      const sent = await send(this.take, this.sound).catch(() => null);
      if (sent) await forget(this.store, this.take);
    }
    this.#giveBack();
  }
}
