// The recognized words of each annotator, with times in the played audio.

import { h } from "./dom.js";
import { minutes } from "./strings.js";

export class Transcripts {
  /** `on` has the callbacks `hover(voice, word or null)` and `play(voice, word)`. */
  constructor({ voices, t, on }) {
    this.nodes = voices.map(() => []);
    this.element = h("div", { class: "annotate-rv-said" },
      ...voices.map((voice, index) => this.#section(voice, index, t, on)));
  }

  #section(voice, index, t, on) {
    const words = h("p", {
      class: "annotate-rv-transcript", dir: "auto", role: "group", "aria-label": t("said_by", { who: voice.who }),
    });
    voice.words.forEach((word, position) => {
      const node = h("span", {
        class: "annotate-rv-heard", role: "button", tabindex: position ? -1 : 0,
        onclick: () => on.play(index, position),
        onmouseenter: () => on.hover(index, position), onmouseleave: () => on.hover(index, null),
        onfocus: () => on.hover(index, position), onblur: () => on.hover(index, null),
        onkeydown: (event) => this.#onKeyDown(event, index, position),
      }, word.text);
      if (word.probability < 0.5) node.classList.add("annotate-rv-doubtful");
      this.nodes[index].push(node);
      words.append(position ? word.space : "", node);
    });
    const play = h("button", {
      type: "button", class: "annotate-rv-play", "aria-label": t("play_voice", { who: voice.who }),
      onclick: () => on.play(index, 0), disabled: !voice.words.length,
    }, "\u25b6");
    return h("section", { class: "annotate-rv-voice", "data-voice": index % 6 },
      h("h4", {}, play, h("span", { dir: "ltr" }, voice.who),
        h("small", {}, minutes(voice.end - voice.start))), words);
  }

  /** Arrow keys move from word to word, Enter plays from the word on. */
  #onKeyDown(event, voice, position) {
    const nodes = this.nodes[voice];
    const target = {
      ArrowRight: position + 1, ArrowDown: position + 1, ArrowLeft: position - 1, ArrowUp: position - 1, Home: 0, End: nodes.length - 1,
    }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") nodes[position].click();
    else if (target === undefined) return;
    else if (nodes[target]) {
      nodes[position].tabIndex = -1;
      nodes[target].tabIndex = 0;
      nodes[target].focus();
    }
    event.preventDefault();
  }

  /** Highlight a word and, with `follow`, scroll to it; null for none. */
  highlight(voice, word, follow = true) {
    for (const node of this.element.querySelectorAll(".annotate-rv-now")) node.classList.remove("annotate-rv-now");
    const node = voice === null ? null : this.nodes[voice]?.[word];
    if (!node) return;
    node.classList.add("annotate-rv-now");
    if (follow && !this.element.matches(":hover")) this.#scrollTo(node);
  }

  /** Scroll this column only, not the page. */
  #scrollTo(node) {
    const box = this.element.getBoundingClientRect(), rect = node.getBoundingClientRect();
    if (rect.top < box.top || rect.bottom > box.bottom) {
      this.element.scrollTop += rect.top - box.top - box.height / 3;
    }
  }
}
