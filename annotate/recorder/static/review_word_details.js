// Details of the current word: its data, its point on the image and its audio.

import { setText } from "./dom.js";
import { AudioPlayer, groupWords, wordAt } from "./review_audio.js";
import { minutes } from "./strings.js";

export class WordDetails {
  tokens = [];

  /** `onPlaying(playing)` is called when playback begins and ends. */
  constructor(task, onPlaying) {
    this.task = task;
    this.player = new AudioPlayer(task.audio, onPlaying);
  }

  /** Set the view, which is rebuilt when the language changes. */
  setView(view, t) {
    Object.assign(this, { view, t });
  }

  /** Whether the current word is the one that is played, and not the one at the mouse or caret. */
  get followsPlayback() {
    return this.player.followed;
  }

  hover(index) {
    if (!this.followsPlayback) this.show(index ?? this.view.text.tokenAtCaret());
  }

  /** Show a token: its data, its point on the image, and its word in the transcript. */
  show(index) {
    const token = this.tokens[index];
    if (!token) return;
    this.#highlight(index);
    if (token.recognized) this.#showOnImage(token.recognized.voice, token.recognized.word);
    else this.view.imageView.clear();
    const facts = token.recognized
      ? this.#describe(token.recognized, token.corrected)
      : this.t(this.#unspokenMessage(token));
    setText(this.view.facts, facts);
  }

  /** Show the sentence of a token, with the points of its words. */
  showSentence(index) {
    this.show(index);
    const { sentence } = this.tokens[index];
    const tokens = this.tokens.filter((token) => token.sentence === sentence && token.recognized);
    this.view.imageView.showSentence(tokens.map(({ recognized }) => recognized));
  }

  #highlight(index) {
    const { recognized, sentence } = this.tokens[index];
    this.view.text.highlight(index, sentence);
    this.view.transcripts.highlight(recognized?.voice ?? null, recognized?.index);
  }

  #showOnImage(voice, word) {
    this.view.imageView.showWord(word, voice, this.task.voices[voice].path);
  }

  #describe({ voice, word }, corrected = false) {
    if (corrected) return this.t("word_corrected", { who: this.task.voices[voice].who, heard: word.text });
    const sure = this.t("word_sure", { percent: Math.round(100 * word.probability) });
    return [word.text, this.task.voices[voice].who, minutes(word.start), sure].join(" \u00b7 ");
  }

  #unspokenMessage(token) {
    if (token.origin === null) return "word_edited";
    const { kind } = this.task.words[token.origin];
    return { edited: "word_offered", synthetic: "word_synthetic" }[kind] ?? "word_unknown";
  }

  /** Show a word of a transcript; null when the mouse has left it. */
  hoverTranscript(voice, position) {
    if (this.followsPlayback) return;
    if (position === null) return this.hover(null);
    const index = this.tokens.findIndex(({ recognized }) => recognized?.voice === voice && recognized.index === position);
    const word = this.task.voices[voice].words[position];
    this.view.text.highlight(index, this.tokens[index]?.sentence ?? null);
    this.view.transcripts.highlight(voice, position, false);
    this.#showOnImage(voice, word);
    setText(this.view.facts, this.#describe({ voice, word }));
  }

  /** A click plays the word, or with Alt the caption from there on. Selecting text plays nothing. */
  click(index, { playOn, hasSelection }, playOnClick) {
    const { recognized } = this.tokens[index] ?? {};
    if (playOn) this.#playFrom(index);
    else if (recognized && playOnClick && !hasSelection) this.player.play([{ ...recognized.word, words: [] }], null);
  }

  /** Play the caption from the caret on, or stop. */
  play() {
    if (this.player.playing) return this.player.stop();
    this.#playFrom(this.view.text.tokenAtCaret() ?? 0);
  }

  #playFrom(index, end = this.tokens.length) {
    const words = [];
    for (let token = index; token < end; token += 1) {
      const { recognized } = this.tokens[token];
      if (!recognized) continue;
      const { voice, word } = recognized;
      words.push({ start: word.start, end: word.end, voice, recognized, token });
    }
    this.player.play(groupWords(words), (ms, segment) => this.#follow(ms, segment));
  }

  playSentence() {
    const { sentence } = this.tokens[this.view.text.tokenAtCaret() ?? 0] ?? {};
    const first = this.tokens.findIndex((token) => token.sentence === sentence);
    const last = this.tokens.findLastIndex((token) => token.sentence === sentence);
    if (first >= 0) this.#playFrom(first, last + 1);
  }

  /** Play a recording from a word of its transcript on. */
  playTranscript(voice, from) {
    const words = this.task.voices[voice].words.slice(from).map((word, offset) => ({
      start: word.start, end: word.end, voice, recognized: { voice, index: from + offset, word }, token: -1,
    }));
    this.player.play(groupWords(words), (ms, segment) => this.#follow(ms, segment));
  }

  #follow(ms, segment) {
    const { recognized, token } = wordAt(segment, ms);
    this.view.imageView.follow(ms, recognized.word, recognized.voice, this.task.voices[recognized.voice].path);
    this.view.transcripts.highlight(recognized.voice, recognized.index);
    if (token < 0) return;
    this.view.text.highlight(token, this.tokens[token]?.sentence ?? null);
    this.view.text.bringIntoView(token);
  }

  close() {
    this.player.close();
  }
}
