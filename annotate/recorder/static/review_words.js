// The words of the edited caption: their recordings, probabilities and sentences.

import { align } from "./review_word_alignment.js";

const UNSURE = 0.8, DOUBTFUL = 0.5; // the recognizer's probability of a word

// Excludes letters and a symbol without ink: Hangul fillers and the empty Braille pattern.
const VISIBLE = /[^\p{C}\p{Z}\u115f\u1160\u2800\u3164\uffa0]/u;

/** Whether a text has a visible character. */
export const isVisible = (text) => VISIBLE.test(text);

export class Words {
  constructor({ text, words, voices, sentences }) {
    Object.assign(this, { caption: text, words, voices, sentences });
    this.sentenceOf = new Array(words.length).fill(null);
    sentences.forEach(({ first, end }, number) => this.sentenceOf.fill(number, first, end));
  }

  /** The tokens of a text, in order. */
  of(text) {
    let sentence = null;
    return align(this.caption, this.words, text).map((token) => {
      const word = token.origin === null ? null : this.words[token.origin];
      if (word) sentence = this.sentenceOf[token.origin];
      const recognized = word && word.voice !== null
        ? { voice: word.voice, index: word.word, word: this.voices[word.voice].words[word.word] }
        : null;
      const corrected = recognized !== null && word.kind === "edited"; // by its annotator, in the second look
      return { ...token, recognized, sentence, corrected, classes: classNames(word, recognized) };
    });
  }

  /** The words of a text that aren't in the pushed caption; `text` may be null. */
  changed(text) {
    const tokens = text === null ? [] : align(this.caption, this.words, text);
    return tokens.filter((token) => token.origin === null).map((token) => text.slice(token.start, token.end));
  }

  /**
   * Doubtful sentences, in order: `{sentence, token, unsure, doubts}`. `token` is the first unsure
   * token or else the first one of the sentence; `unsure` is whether it is unsure.
   */
  doubtful(tokens, text) {
    const result = [];
    this.sentences.forEach(({ doubts }, sentence) => {
      const tokensOfSentence = tokens.filter((token) => token.sentence === sentence);
      if (!tokensOfSentence.some((token) => token.recognized)) return; // completely rewritten
      const unsure = tokensOfSentence.filter(({ recognized, corrected }) =>
        recognized && !corrected && recognized.word.probability < DOUBTFUL);
      const allDoubts = [...doubts];
      if (unsure.length) {
        const words = unsure.map((token) => text.slice(token.start, token.end)).join(", ");
        allDoubts.unshift({ code: "unsure", detail: words });
      }
      if (allDoubts.length) {
        const token = tokens.indexOf(unsure[0] ?? tokensOfSentence[0]);
        result.push({ sentence, token, unsure: unsure.length > 0, doubts: allDoubts });
      }
    });
    return result;
  }
}

function classNames(word, recognized) {
  if (word === null) return ["annotate-rv-edited"];
  if (word.kind === "edited" || word.kind === "synthetic") return ["annotate-rv-written"];
  const result = [];
  if (recognized && recognized.word.probability < DOUBTFUL) result.push("annotate-rv-doubtful");
  else if (recognized && recognized.word.probability < UNSURE) result.push("annotate-rv-unsure");
  return result;
}
