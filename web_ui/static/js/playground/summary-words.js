// The words of a summary: those that the document does not hold are marked, and each tells when it is pointed at.

import { makeElement } from "../base/dom.js";

/** @typedef {import("./chat.js").WordAttention} WordAttention */

/** The words in their place. The left and right arrow keys move from word to word. */
export class SummaryWords {
  /** @type {(maps: string[] | null) => void} called with the maps of the word that is pointed at; null: none is */
  onWord = () => {};
  /** @type {HTMLElement[]} */
  #words = [];
  #active = -1;

  /**
   * @param {HTMLElement} place
   * @param {string} text
   * @param {WordAttention[]} attention
   * @param {string[]} unsupported words that the document does not hold
   */
  constructor(place, text, attention, unsupported) {
    const marked = new Set(unsupported);
    const parts = [...text.matchAll(/\S+|\s+/g)].map(([part]) => part);
    let offset = 0;
    const nodes = parts.map((part) => {
      const start = offset;
      offset += part.length;
      if (!part.trim()) return document.createTextNode(part);
      const isMarked = part.split(/[^\p{L}\p{N}.,:'’-]+/u).some((word) => marked.has(trimmed(word)));
      const word = makeElement("span", { class: isMarked ? "word word--unsupported" : "word" }, part);
      const maps = attention.find((each) => each.start === start)?.pages ?? null;
      if (maps) {
        const index = this.#words.push(word) - 1;
        word.addEventListener("pointerenter", () => this.#point(index, maps));
        word.addEventListener("point", () => this.#point(index, maps));
      }
      return word;
    });
    place.replaceChildren(...nodes);
    if (!this.#words.length) return;
    place.tabIndex = 0;
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", "Summary; the arrow keys move from word to word");
    place.addEventListener("pointerleave", () => this.#leave());
    place.addEventListener("blur", () => this.#leave());
    place.addEventListener("keydown", (event) => this.#move(event));
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = Math.min(this.#words.length - 1, Math.max(0, this.#active + step));
    this.#words[next].dispatchEvent(new Event("point"));
  }

  /** @param {number} index @param {string[]} maps */
  #point(index, maps) {
    this.#words[this.#active]?.classList.remove("word--pointed");
    this.#active = index;
    this.#words[index].classList.add("word--pointed");
    this.onWord(maps);
  }

  #leave() {
    this.#words[this.#active]?.classList.remove("word--pointed");
    this.#active = -1;
    this.onWord(null);
  }
}

/** @param {string} word */
const trimmed = (word) => word.replace(/^[.,:'’-]+|[.,:'’-]+$/g, "").replace(/['’]s$/, "");
