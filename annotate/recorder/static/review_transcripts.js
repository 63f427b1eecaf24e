// The recognized words of each annotator, with times in the played audio.

import { h } from "./dom.js";
import { minutes } from "./strings.js";

export class Transcripts {
  /** `on` has the callbacks `hover(voice, word or null)` and `play(voice, word)`. */
  constructor({ voices, t, on }) {
    this.nodes = voices.map(() => []);
    this.element = h("div", { class: "annotate-rv-said" },
      ...voices.map((voice, index) => this.#voice(voice, index, t, on)));
  }

  #voice(voice, index, t, on) {
    const words = h("p", {
      class: "annotate-rv-transcript", dir: "auto", role: "group", "aria-label": t("said_by", { who: voice.who }),
    });
    voice.words.forEach((word, at) => {
      const node = h("span", {
        class: "annotate-rv-heard", role: "button", tabindex: at ? -1 : 0,
        onclick: () => on.play(index, at),
        onmouseenter: () => on.hover(index, at), onmouseleave: () => on.hover(index, null),
        onfocus: () => on.hover(index, at), onblur: () => on.hover(index, null),
        onkeydown: (event) => this.#key(event, index, at),
      }, word.text);
      if (word.sure < 0.5) node.classList.add("annotate-rv-doubtful");
      this.nodes[index].push(node);
      words.append(at ? word.gap : "", node);
    });
    const play = h("button", {
      type: "button", class: "annotate-rv-play", "aria-label": t("play_voice", { who: voice.who }),
      onclick: () => on.play(index, 0), disabled: !voice.words.length,
    }, "\u25b6");
    return h("section", { class: "annotate-rv-voice", "data-voice": index % 6 },
      h("h4", {}, play, h("span", { dir: "ltr" }, voice.who),
        h("small", {}, minutes(voice.end - voice.start))), words);
  }

  /** Arrows go from word to word, Enter plays on from there. */
  #key(event, voice, at) {
    const all = this.nodes[voice];
    const goal = {
      ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: all.length - 1,
    }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") all[at].click();
    else if (goal === undefined) return;
    else if (all[goal]) {
      all[at].tabIndex = -1;
      all[goal].tabIndex = 0;
      all[goal].focus();
    }
    event.preventDefault();
  }

  /** Show the word that is at hand elsewhere, and bring it into view; null for none. */
  light(voice, word, follow = true) {
    for (const node of this.element.querySelectorAll(".annotate-rv-now")) node.classList.remove("annotate-rv-now");
    const node = voice === null ? null : this.nodes[voice]?.[word];
    if (!node) return;
    node.classList.add("annotate-rv-now");
    if (follow && !this.element.matches(":hover")) this.#reveal(node);
  }

  /** Scrolls this column alone, never the page. */
  #reveal(node) {
    const box = this.element.getBoundingClientRect(), at = node.getBoundingClientRect();
    if (at.top < box.top || at.bottom > box.bottom) {
      this.element.scrollTop += at.top - box.top - box.height / 3;
    }
  }
}
