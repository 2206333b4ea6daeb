// One answer: the pages as the model sees them, and the summary, while it is written.

import { makeElement } from "../base/dom.js";
import { makeZoomableImage } from "../widgets/zoom.js";
import { HeatMap } from "./heat-map.js";
import { SummaryWords } from "./summary-words.js";

/** @typedef {import("./chat.js").Facts} Facts */

const ATTENTION_NOTE =
  "Point at a word, or move with the arrow keys, to see where the decoder looked while it wrote the word: the mean of its attention over all layers and heads. It shows where the input came from, not why the word was chosen.";

/** The card of one answer. */
export class Answer {
  #pages = makeElement("div", { class: "playground__pages" });
  #cost = makeElement("p", { class: "playground__cost numbers" }, "Reading…");
  #text = makeElement("p", {
    class: "playground__summary",
    dir: "auto",
    "aria-live": "polite",
    "aria-busy": "true",
  });
  #below = makeElement("div", { class: "stack-s" });
  /** @type {HeatMap[]} */
  #maps = [];
  /** @type {Partial<Facts>} */
  #facts = {};
  #summary = "";
  element;

  /** @param {string} model @param {string} document its name */
  constructor(model, document) {
    const head = makeElement("div", { class: "row row--apart" }, makeElement("h2", {}, model), this.#cost);
    const name = makeElement("p", { class: "muted small playground__name" }, document);
    const texts = makeElement("div", { class: "stack" }, this.#text, this.#below);
    const parts = makeElement("div", { class: "playground__parts" }, this.#pages, texts);
    this.element = makeElement(
      "section",
      { class: "card stack", "aria-label": `Answer of ${model}` },
      head,
      name,
      parts,
    );
  }

  /** @param {Partial<Facts>} facts */
  addFacts(facts) {
    this.#facts = { ...this.#facts, ...facts };
    if (facts.pages) this.#showPages(facts.pages);
    if (facts.num_pages) this.#cost.textContent = describeCost(this.#facts);
    if (facts.notes) this.#below.append(...facts.notes.map((note) => makeNotice(note)));
  }

  /** @param {string} text the next part of the summary */
  addText(text) {
    this.#summary += text;
    this.#text.textContent = this.#summary;
  }

  /** @param {"stop" | "length"} reason why the summary ended */
  end(reason) {
    const { attention = [], unsupported = [], lead_3: lead, is_looping: isLooping } = this.#facts;
    this.#text.ariaBusy = "false";
    const words = new SummaryWords(this.#text, this.#summary, attention ?? [], unsupported);
    words.onWord = (maps) => this.#maps.forEach((map, index) => (maps ? map.draw(maps[index]) : map.hide()));
    if (!this.#summary) this.#text.textContent = "(nothing)";
    if (reason === "length") this.#below.append(makeNotice("The summary is cut off at its greatest length."));
    if (isLooping) this.#below.append(makeNotice("The summary repeats itself."));
    if (unsupported.length) this.#below.append(makeNotice(describeUnsupported(unsupported)));
    if (attention?.length) this.#below.append(makeElement("p", { class: "muted small" }, ATTENTION_NOTE));
    this.#below.append(makeElement("p", { class: "muted small numbers" }, describeTimes(this.#facts)));
    if (lead) this.#below.append(makeLead(lead));
  }

  /** @param {string} message why there is no summary, or no whole one */
  fail(message) {
    this.#text.ariaBusy = "false";
    if (this.#cost.textContent === "Reading…") this.#cost.textContent = "";
    this.#below.append(
      makeElement("div", { class: "notice notice--bad", role: "alert" }, makeElement("p", {}, message)),
    );
  }

  /** @param {string[]} pages */
  #showPages(pages) {
    this.#maps = pages.map(() => new HeatMap());
    const figures = pages.map((page, index) => {
      const image = makeZoomableImage(page, `Page ${index + 1} as the model sees it`);
      image.append(this.#maps[index].element);
      const caption =
        pages.length > 1 ? makeElement("figcaption", { class: "muted small" }, `Page ${index + 1}`) : null;
      return makeElement("figure", { class: "paper" }, image, caption);
    });
    this.#pages.replaceChildren(...figures);
  }
}

/** "1,020 text tokens → 256 vision tokens, 4.0×" @param {Partial<Facts>} facts */
function describeCost({ num_text_tokens: text, num_vision_tokens: vision = 0, num_pages: pages = 0 }) {
  const read = `${vision.toLocaleString("en")} vision tokens`;
  if (!text) return `${pages === 1 ? "1 page" : `${pages} pages`}, ${read}`;
  return `${text.toLocaleString("en")} text tokens → ${read}, ${(text / vision).toFixed(1)}×`;
}

/** @param {Partial<Facts>} facts */
const describeTimes = ({ first_token_s: first = 0, total_s: total = 0 }) =>
  `First token after ${first.toFixed(2)} s, whole summary after ${total.toFixed(2)} s.`;

/** @param {string[]} words */
const describeUnsupported = (words) =>
  `The document does not hold: ${words.join(", ")}. A number or a name may be misread or made up.`;

/** @param {string} text */
const makeNotice = (text) =>
  makeElement("div", { class: "notice notice--warn small" }, makeElement("p", {}, text));

/** @param {string} lead */
const makeLead = (lead) =>
  makeElement(
    "section",
    { class: "playground__lead" },
    makeElement("h3", {}, "The first three sentences (lead-3)"),
    makeElement("p", { dir: "auto" }, lead),
  );
