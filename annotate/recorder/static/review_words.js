// The words of the caption as it stands in the box: whose each is, how sure, in which sentence.

import { align } from "./review_word_alignment.js";

const UNSURE = 0.8, DOUBTFUL = 0.5; // the recognizer's probability of a word

// Drawn as nothing, though they are letters and a symbol: Hangul fillers and the empty Braille pattern.
const VISIBLE = /[^\p{C}\p{Z}\u115f\u1160\u2800\u3164\uffa0]/u;

/** Whether anything of a text is visible. */
export const isVisible = (text) => VISIBLE.test(text);

export class Words {
  constructor({ text, words, voices, sentences }) {
    Object.assign(this, { offered: text, words, voices, sentences });
    this.sentenceOf = new Array(words.length).fill(null);
    sentences.forEach(({ first, end }, number) => this.sentenceOf.fill(number, first, end));
  }

  /** The tokens of a text, in order. */
  of(text) {
    let sentence = null;
    return align(this.offered, this.words, text).map((token) => {
      const word = token.origin === null ? null : this.words[token.origin];
      if (word) sentence = this.sentenceOf[token.origin];
      const said = word && word.voice !== null
        ? { voice: word.voice, index: word.word, word: this.voices[word.voice].words[word.word] }
        : null;
      const corrected = said !== null && word.kind === "edited"; // by its annotator, in a second look
      return { ...token, said, sentence, corrected, classes: classes(word, said) };
    });
  }

  /** What somebody wrote into a text that wasn't offered; null is no text. */
  changed(text) {
    const tokens = text === null ? [] : align(this.offered, this.words, text);
    return tokens.filter((one) => one.origin === null).map((one) => text.slice(one.start, one.end));
  }

  /** Sentences that want a look, in order: `{sentence, token, unsure, doubts}`, with the token to look
   * at, which is an unsure word if there is one. */
  doubtful(tokens, text) {
    const found = [];
    this.sentences.forEach(({ doubts }, sentence) => {
      const mine = tokens.filter((one) => one.sentence === sentence);
      if (!mine.some((one) => one.said)) return; // written anew
      const unsure = mine.filter((one) => one.said && !one.corrected && one.said.word.sure < DOUBTFUL);
      const all = [...doubts];
      if (unsure.length) {
        const written = unsure.map((one) => text.slice(one.start, one.end)).join(", ");
        all.unshift({ code: "unsure", detail: written });
      }
      if (all.length) {
        found.push({ sentence, token: tokens.indexOf(unsure[0] ?? mine[0]), unsure: unsure.length > 0, doubts: all });
      }
    });
    return found;
  }
}

function classes(word, said) {
  if (word === null) return ["annotate-rv-edited"];
  if (word.kind === "edited" || word.kind === "synthetic") return ["annotate-rv-written"];
  const found = [];
  if (said && said.word.sure < DOUBTFUL) found.push("annotate-rv-doubtful");
  else if (said && said.word.sure < UNSURE) found.push("annotate-rv-unsure");
  return found;
}
