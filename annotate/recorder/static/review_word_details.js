// Details of the current word: its data, its point on the image and its audio.

import { setText } from "./dom.js";
import { saidAt, Sound, stretches } from "./review_audio.js";
import { minutes } from "./strings.js";

export class WordDetails {
  tokens = [];

  /** `onPlaying(playing)` is called when sound begins and ends. */
  constructor(task, onPlaying) {
    this.task = task;
    this.sound = new Sound(task.audio, onPlaying);
  }

  /** The panel's view, which may be built anew. */
  bind(view, t) {
    Object.assign(this, { view, t });
  }

  /** Whether the sound leads: then the mouse and the caret don't. */
  get busy() {
    return this.sound.long;
  }

  hover(index) {
    if (!this.busy) this.show(index ?? this.view.text.atCaret());
  }

  /** A token's word, its place and its like in what was said. */
  show(index) {
    const token = this.tokens[index];
    if (!token) return;
    this.#light(index);
    if (token.said) this.#point(token.said.voice, token.said.word);
    else this.view.place.clear();
    setText(this.view.facts, token.said ? this.#factsOf(token.said, token.corrected) : this.t(this.#unsaid(token)));
  }

  /** The sentence of a token, with the places that it points at. */
  showSentence(index) {
    this.show(index);
    const { sentence } = this.tokens[index];
    const mine = this.tokens.filter((one) => one.sentence === sentence && one.said);
    this.view.place.showSentence(mine.map(({ said }) => said));
  }

  #light(index) {
    const { said, sentence } = this.tokens[index];
    this.view.text.light(index, sentence);
    this.view.said.light(said?.voice ?? null, said?.index);
  }

  #point(voice, word) {
    this.view.place.showWord(word, voice, this.task.voices[voice].path);
  }

  #factsOf({ voice, word }, corrected = false) {
    if (corrected) return this.t("word_corrected", { who: this.task.voices[voice].who, heard: word.text });
    const sure = this.t("word_sure", { percent: Math.round(100 * word.sure) });
    return [word.text, this.task.voices[voice].who, minutes(word.start), sure].join(" \u00b7 ");
  }

  #unsaid(token) {
    if (token.origin === null) return "word_edited";
    const { kind } = this.task.words[token.origin];
    return { edited: "word_offered", synthetic: "word_synthetic" }[kind] ?? "word_unknown";
  }

  /** A word of what was said; null when the pointer has left it. */
  hoverSaid(voice, at) {
    if (this.busy) return;
    if (at === null) return this.hover(null);
    const index = this.tokens.findIndex(({ said }) => said?.voice === voice && said.index === at);
    const word = this.task.voices[voice].words[at];
    this.view.text.light(index, this.tokens[index]?.sentence ?? null);
    this.view.said.light(voice, at, false);
    this.#point(voice, word);
    setText(this.view.facts, this.#factsOf({ voice, word }));
  }

  /** A click plays its word; with Alt the caption from there. Selecting text is silent. */
  click(index, { on, picked }, hear) {
    const { said } = this.tokens[index] ?? {};
    if (on) this.#playFrom(index);
    else if (said && hear && !picked) this.sound.play([{ ...said.word, words: [] }], null);
  }

  /** Play from the word at the caret on, or stop. */
  play() {
    if (this.sound.playing) return this.sound.stop();
    this.#playFrom(this.view.text.atCaret() ?? 0);
  }

  #playFrom(index, end = this.tokens.length) {
    const words = [];
    for (let at = index; at < end; at += 1) {
      const { said } = this.tokens[at];
      if (said) words.push({ start: said.word.start, end: said.word.end, voice: said.voice, said, token: at });
    }
    this.sound.play(stretches(words), (ms, stretch) => this.#follow(ms, stretch));
  }

  playSentence() {
    const { sentence } = this.tokens[this.view.text.atCaret() ?? 0] ?? {};
    const first = this.tokens.findIndex((one) => one.sentence === sentence);
    const last = this.tokens.findLastIndex((one) => one.sentence === sentence);
    if (first >= 0) this.#playFrom(first, last + 1);
  }

  /** Play on from a word of what somebody said. */
  playSaid(voice, from) {
    const words = this.task.voices[voice].words.slice(from).map((word, step) => ({
      start: word.start, end: word.end, voice, said: { voice, index: from + step, word }, token: -1,
    }));
    this.sound.play(stretches(words), (ms, stretch) => this.#follow(ms, stretch));
  }

  #follow(ms, stretch) {
    const { said, token } = saidAt(stretch, ms);
    this.view.place.follow(ms, said.word, said.voice, this.task.voices[said.voice].path);
    this.view.said.light(said.voice, said.index);
    if (token < 0) return;
    this.view.text.light(token, this.tokens[token]?.sentence ?? null);
    this.view.text.bringIntoView(token);
  }

  close() {
    this.sound.close();
  }
}
