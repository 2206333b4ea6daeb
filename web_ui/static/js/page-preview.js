// The pages that a dataset would get, and what they cost in tokens, following the form. Nothing is written by looking.

import { ApiError, post } from "./api.js";
import { figure, make, one } from "./dom.js";
import { count, errorRate, measured } from "./format.js";
import { zoomable } from "./zoom.js";

export class PagePreview {
  /** @param {HTMLElement} place @param {() => unknown} config */
  constructor(place, config) {
    this.place = place;
    this.config = config;
    this.seed = 0;
    this.running = new AbortController();
    this.seen = "";
    /** What the shown pages were asked for with. @type {Record<string, unknown>} */
    this.asked = {};
    this.check = one('[data-act="legibility"]', place);
    this.check.addEventListener("click", () => void this.#checkLegibility());
    this.another = one('[data-act="another"]', place);
    this.another.addEventListener("click", () => {
      if (this.seen) this.seed += 1;
      void this.update(true);
    });
  }

  /** Follow a change, once the pages have been looked at: a source on the Hub is not asked before. */
  follow() {
    if (this.seen) void this.update();
  }

  /** @param {boolean} [isForced] show again even if nothing changed */
  async update(isForced = false) {
    const config = this.config();
    const seen = JSON.stringify(config);
    if (!config || (seen === this.seen && !isForced)) return;
    this.seen = seen;
    this.another.textContent = "Another document";
    this.running.abort();
    this.running = new AbortController();
    this.check.hidden = true;
    const stage = one(".preview__stage", this.place);
    stage.setAttribute("aria-busy", "true");
    if (!stage.querySelector(".page-grid")) stage.replaceChildren(make("p", { class: "muted" }, "Drawing…"));
    try {
      this.asked = { config, num_documents: 1, random_seed: this.seed || null };
      this.#show(await post("/dataset/preview", this.asked, this.running.signal));
    } catch (error) {
      if (error instanceof DOMException) return;
      if (!(error instanceof ApiError)) throw error;
      this.#explain(error);
    }
    stage.removeAttribute("aria-busy");
  }

  /** @param {any} preview */
  #show({ documents, rejected, compression }) {
    const [first] = documents;
    if (!first) return this.#explain(new ApiError(0, { message: `Row ${rejected[0]?.row} would be left out. ${rejected[0]?.reason}`, hint: "Another document may be fine." }));
    const pages = first.pages.map((/** @type {any} */ page, /** @type {number} */ index) =>
      zoomable(`data:image/png;base64,${page.png_base64}`, `Page ${index + 1} of ${first.pages.length}`));
    one(".preview__stage", this.place).replaceChildren(make("div", { class: "page-grid" }, ...pages));
    const numbers = { Pages: count(first.pages.length), "Text tokens": count(first.num_text_tokens), "Vision tokens": count(first.num_vision_tokens),
      Compression: `${measured(first.compression)}×`, "Font size": `${measured(first.font_size_px)} px` };
    one(".preview__numbers", this.place).replaceChildren(...Object.entries(numbers).map(([name, value]) => figure(name, value)));
    this.#note(first, compression.page_budget_tokens);
    this.check.hidden = false;
  }

  /** Have the shown pages read back, and put the character errors beside the other numbers. */
  async #checkLegibility() {
    const { signal } = this.running;
    this.check.hidden = true;
    const errors = figure("Character errors", "Reading…");
    one(".preview__numbers", this.place).append(errors);
    try {
      const { legibility } = await post("/dataset/preview", { ...this.asked, legibility: true }, signal);
      one("dd", errors).textContent = errorRate(legibility.character_error_rate);
    } catch (error) {
      errors.remove();
      if (error instanceof DOMException) return;
      if (!(error instanceof ApiError)) throw error;
      this.check.hidden = false;
      one(".preview__notes", this.place).append(make("li", { class: "notice notice--warn" }, `${error.message} ${error.hint}`));
    }
  }

  /** @param {any} document_ @param {number} budget text tokens that a page of this size holds readably */
  #note({ summary, truncated, warnings }, budget) {
    const notes = [...warnings, ...(truncated ? ["The end of the document does not fit and is cut off."] : [])];
    const fine = make("li", { class: "notice notice--ok" }, `Legible: no page holds more than the ${count(budget)} text tokens that the model reads reliably at this size.`);
    one(".preview__notes", this.place).replaceChildren(...(notes.length ? notes.map((note) => make("li", { class: "notice notice--warn" }, note)) : [fine]));
    one(".preview__summary", this.place).textContent = summary;
  }

  /** @param {ApiError} error */
  #explain({ message, hint }) {
    one(".preview__stage", this.place).replaceChildren(make("div", { class: "empty" }, make("p", {}, make("strong", {}, "No preview: "), message), make("p", {}, hint)));
    for (const part of [".preview__numbers", ".preview__notes", ".preview__summary"]) one(part, this.place).replaceChildren();
  }
}
