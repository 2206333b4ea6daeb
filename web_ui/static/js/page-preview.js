// The pages that a dataset would get, and what they cost in tokens, following the form. Nothing is written by looking.

import { ApiError, post } from "./api.js";
import { figure, make, onPress, one, rest } from "./dom.js";
import { formatCompression, formatCount, formatErrorRate, formatNumber } from "./format.js";
import { latest } from "./latest.js";
import { zoomable } from "./zoom.js";

export class PagePreview {
  /** @param {HTMLElement} place @param {() => unknown} config null: there is nothing to draw yet */
  constructor(place, config) {
    this.place = place;
    this.config = config;
    this.seed = 0;
    this.seen = "";
    /** What the shown pages were asked for with. @type {Record<string, unknown>} */
    this.asked = {};
    this.stage = one(".preview__stage", place);
    this.empty = /** @type {Element} */ (this.stage.firstElementChild);
    this.pages = latest((signal) => post("/dataset/preview", this.asked, signal), (preview) => this.#show(preview), (error) => this.#explain(error));
    this.reading = latest((signal) => post("/dataset/preview", { ...this.asked, legibility: true }, signal),
      ({ legibility }) => this.#showErrors(formatErrorRate(legibility.character_error_rate)),
      ({ message, hint }) => {
        one("[data-errors]", place).remove();
        rest(this.check, false);
        one(".preview__notes", place).append(make("li", { class: "notice notice--warn" }, `${message} ${hint}`));
      });
    this.check = one('[data-act="legibility"]', place);
    onPress(this.check, () => {
      rest(this.check, true);
      this.#showErrors("Reading…");
      void this.reading.ask();
    });
    this.another = one('[data-act="another"]', place);
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
    if (!this.stage.querySelector(".page-grid")) this.stage.replaceChildren(make("p", { class: "muted" }, "Drawing…"));
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
    rest(this.check, false);
    one(".preview__numbers", this.place).replaceChildren(...numbers);
    one(".preview__notes", this.place).replaceChildren(...notes);
    one(".preview__summary", this.place).textContent = summary;
    one(".preview__target", this.place).hidden = !summary;
  }

  /** @param {any} preview */
  #show({ documents: [first], rejected, compression: { page_budget_tokens: budget } }) {
    if (!first) return this.#explain(new ApiError(0, { message: `Row ${rejected[0]?.row} would be left out. ${rejected[0]?.reason}`, hint: "Another document may be fine." }));
    const { pages, num_pages: total, summary } = first;
    const grid = make("div", { class: "page-grid" }, ...pages.map((/** @type {any} */ page, /** @type {number} */ index) =>
      zoomable(`data:image/png;base64,${page.png_base64}`, `Page ${index + 1} of ${total}`)));
    const numbers = { Pages: total > pages.length ? `first ${pages.length} of ${formatCount(total)}` : formatCount(total), "Text tokens": formatCount(first.num_text_tokens),
      "Vision tokens": formatCount(first.num_vision_tokens), Compression: formatCompression(first.compression), "Font size": `${formatNumber(first.font_size_px)} px` };
    this.#put(grid, Object.entries(numbers).map(([name, value]) => figure(name, value)), notes(first, budget), summary);
  }

  /** @param {string} text */
  #showErrors(text) {
    const shown = this.place.querySelector("[data-errors]") ?? figure("Character errors", "");
    shown.setAttribute("data-errors", "");
    one("dd", shown).textContent = text;
    one(".preview__numbers", this.place).append(shown);
  }

  /** @param {ApiError} error */
  #explain({ message, hint }) {
    this.#put(make("div", { class: "empty" }, make("p", {}, make("strong", {}, "No preview: "), message), make("p", {}, hint)));
  }
}

/** @param {any} document_ @param {number} budget text tokens that a page of this size holds readably */
function notes({ truncated, warnings }, budget) {
  const told = [...warnings, ...(truncated ? ["The end of the document does not fit and is cut off."] : [])];
  if (told.length) return told.map((note) => make("li", { class: "notice notice--warn" }, note));
  return [make("li", { class: "notice notice--ok" }, `Within the budget: no page holds more than the ${formatCount(budget)} text tokens that the model reads reliably at this size.`)];
}
