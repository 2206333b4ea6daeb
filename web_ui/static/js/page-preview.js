// The pages that a dataset would get, and what they cost in tokens, following the form. Nothing is written by looking.

import { ApiError, post } from "./api.js";
import { findElement, makeElement, makeFigure, onPress, setResting } from "./dom.js";
import { formatCompression, formatCount, formatErrorRate, formatNumber } from "./format.js";
import { latest } from "./latest.js";
import { makeZoomableImage } from "./zoom.js";

export class PagePreview {
  /** @param {HTMLElement} place @param {() => unknown} config null: there is nothing to draw yet */
  constructor(place, config) {
    this.place = place;
    this.config = config;
    this.seed = 0;
    this.seen = "";
    /** What the shown pages were asked for with. @type {Record<string, unknown>} */
    this.asked = {};
    this.stage = findElement(".preview__stage", place);
    this.empty = /** @type {Element} */ (this.stage.firstElementChild);
    this.pages = latest((signal) => post("/dataset/preview", this.asked, signal), (preview) => this.#show(preview), (error) => this.#explain(error));
    this.reading = latest((signal) => post("/dataset/preview", { ...this.asked, legibility: true }, signal),
      ({ legibility }) => this.#showErrors(formatErrorRate(legibility.character_error_rate)),
      ({ message, hint }) => {
        findElement("[data-errors]", place).remove();
        setResting(this.check, false);
        findElement(".preview__notes", place).append(makeElement("li", { class: "notice notice--warn" }, `${message} ${hint}`));
      });
    this.check = findElement('[data-act="legibility"]', place);
    onPress(this.check, () => {
      setResting(this.check, true);
      this.#showErrors("Reading…");
      void this.reading.ask();
    });
    this.another = findElement('[data-act="another"]', place);
    this.another.addEventListener("click", () => {
      if (!this.config()) return this.#explain(new ApiError(0, { message: "Nothing to draw yet.", hint: "Name the source, and choose the column with the documents." }));
      if (this.seen) this.seed += 1;
      this.forget();
      this.update();
    });
  }

  /** What was seen is no longer what lies there. */
  forget() {
    if (this.seen) this.seen = "gone";
  }

  /** Follow a change, once the pages have been looked at: a source on the Hub is not asked before. */
  follow() {
    if (this.seen) this.update();
  }

  update() {
    const config = this.config();
    if (!config) return this.#clear();
    const seen = JSON.stringify(config);
    if (seen === this.seen) return;
    this.seen = seen;
    this.another.textContent = "Another document";
    this.reading.stop();
    this.check.hidden = true;
    this.stage.setAttribute("aria-busy", "true");
    if (!this.stage.querySelector(".page-grid")) this.stage.replaceChildren(makeElement("p", { class: "muted" }, "Drawing…"));
    this.asked = { config, num_documents: 1, random_seed: this.seed || null };
    void this.pages.ask();
  }

  #clear() {
    this.pages.stop();
    this.reading.stop();
    this.seen = "";
    this.another.textContent = "Show pages";
    this.#put(this.empty);
  }

  /** @param {Node} shown @param {HTMLElement[]} [numbers] @param {HTMLElement[]} [notes] @param {string} [summary] */
  #put(shown, numbers = [], notes = [], summary = "") {
    this.stage.removeAttribute("aria-busy");
    this.stage.replaceChildren(shown);
    this.check.hidden = numbers.length === 0;
    setResting(this.check, false);
    findElement(".preview__numbers", this.place).replaceChildren(...numbers);
    findElement(".preview__notes", this.place).replaceChildren(...notes);
    findElement(".preview__summary", this.place).textContent = summary;
    findElement(".preview__target", this.place).hidden = !summary;
  }

  /** @param {any} preview */
  #show({ documents: [first], rejected, compression: { page_budget_tokens: budget } }) {
    if (!first) return this.#explain(new ApiError(0, { message: `Row ${rejected[0]?.row} would be left out. ${rejected[0]?.reason}`, hint: "Another document may be fine." }));
    const { pages, num_pages: total, summary } = first;
    const grid = makeElement("div", { class: "page-grid" }, ...pages.map((/** @type {any} */ page, /** @type {number} */ index) =>
      makeZoomableImage(`data:image/png;base64,${page.png_base64}`, `Page ${index + 1} of ${total}`)));
    const numbers = { Pages: total > pages.length ? `first ${pages.length} of ${formatCount(total)}` : formatCount(total), "Text tokens": formatCount(first.num_text_tokens),
      "Vision tokens": formatCount(first.num_vision_tokens), Compression: formatCompression(first.compression), "Font size": `${formatNumber(first.font_size_px)} px` };
    this.#put(grid, Object.entries(numbers).map(([name, value]) => makeFigure(name, value)), notes(first, budget), summary);
  }

  /** @param {string} text */
  #showErrors(text) {
    const shown = this.place.querySelector("[data-errors]") ?? makeFigure("Character errors", "");
    shown.setAttribute("data-errors", "");
    findElement("dd", shown).textContent = text;
    findElement(".preview__numbers", this.place).append(shown);
  }

  /** @param {ApiError} error */
  #explain({ message, hint }) {
    this.#put(makeElement("div", { class: "empty" }, makeElement("p", {}, makeElement("strong", {}, "No preview: "), message), makeElement("p", {}, hint)));
  }
}

/** @param {any} document_ @param {number} budget text tokens that a page of this size holds readably */
function notes({ truncated, warnings }, budget) {
  const told = [...warnings, ...(truncated ? ["The end of the document does not fit and is cut off."] : [])];
  if (told.length) return told.map((note) => makeElement("li", { class: "notice notice--warn" }, note));
  return [makeElement("li", { class: "notice notice--ok" }, `Within the budget: no page holds more than the ${formatCount(budget)} text tokens that the model reads reliably at this size.`)];
}
