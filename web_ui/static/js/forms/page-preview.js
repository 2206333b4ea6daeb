// Previews the pages of a dataset and their numbers of tokens while the form changes. A preview writes
// nothing.

import { ApiError, post } from "../base/api.js";
import { findElement, findInput, makeElement, setInputValue } from "../base/dom.js";
import { latest } from "../base/latest.js";
import { isUnreachable, makeTryAgain } from "../widgets/try-again.js";
import { inLabels } from "./labels.js";
import { LegibilityCheck } from "./legibility-check.js";
import { makeNotes, makeNumbers, makePageGrid } from "./preview-parts.js";

export class PagePreview {
  /**
   * @param {HTMLElement} container
   * @param {() => unknown} config returns null while the form is incomplete
   */
  constructor(container, config) {
    this.container = container;
    this.form = /** @type {HTMLElement} */ (container.closest("form"));
    this.config = config;
    this.seed = 0;
    this.shownConfig = "";
    /** Body of the last request. @type {Record<string, unknown>} */
    this.request = {};
    this.stage = findElement(".preview__stage", container);
    this.empty = /** @type {Element} */ (this.stage.firstElementChild);
    this.pagesRequest = latest(
      (signal) => post("/dataset/preview", this.request, signal),
      (preview) => this.#show(preview),
      (error) => this.#showRefusal(error),
    );
    this.legibility = new LegibilityCheck(container, () => this.request);
    this.nextButton = findElement('[data-act="next-document"]', container);
    this.nextButton.addEventListener("click", () => {
      if (!this.config())
        return this.#showRefusal(
          new ApiError(0, {
            message: "Nothing to draw yet.",
            hint: "Name the source, and choose the column with the documents.",
          }),
        );
      if (this.shownConfig) this.seed += 1;
      this.markStale();
      this.update();
    });
  }

  /** The shown pages do not belong to the source any more. */
  markStale() {
    if (this.shownConfig) this.shownConfig = "gone";
  }

  /** Update a preview that the user has asked for: a source on the Hub is not read before that. */
  updateIfShown() {
    if (this.shownConfig) this.update();
  }

  update() {
    const config = this.config();
    if (!config) return this.#clear();
    const configText = JSON.stringify(config);
    if (configText === this.shownConfig) return;
    this.shownConfig = configText;
    this.nextButton.textContent = "Shuffle";
    this.legibility.offer(false);
    this.stage.setAttribute("aria-busy", "true");
    if (!this.stage.querySelector(".page-grid"))
      this.stage.replaceChildren(makeElement("p", { class: "muted" }, "Drawing…"));
    this.request = { config, num_documents: 1, random_seed: this.seed || null };
    void this.pagesRequest.ask();
  }

  #clear() {
    this.pagesRequest.stop();
    this.shownConfig = "";
    this.nextButton.textContent = "Preview";
    this.#replacePages(this.empty);
  }

  /**
   * @param {Node} shown
   * @param {HTMLElement[]} [numbers]
   * @param {HTMLElement[]} [notes]
   * @param {string} [summary]
   */
  #replacePages(shown, numbers = [], notes = [], summary = "") {
    this.stage.removeAttribute("aria-busy");
    this.stage.replaceChildren(shown);
    this.legibility.offer(numbers.length > 0);
    findElement(".preview__numbers", this.container).replaceChildren(...numbers);
    findElement(".preview__notes", this.container).replaceChildren(...notes);
    findElement(".preview__summary", this.container).textContent = summary;
    findElement(".preview__target", this.container).hidden = !summary;
  }

  /** @param {import("../base/api-types.js").Preview} preview */
  #show({ documents: [first], rejected, compression: { page_budget_tokens: budget } }) {
    if (!first)
      return this.#showRefusal(
        new ApiError(0, {
          message: `Row ${rejected[0]?.row} would be left out: ${rejected[0]?.reason.replace(/\.$/, "")}.`,
          hint: "Press Shuffle for another document.",
        }),
      );
    const chooseMode = (/** @type {string} */ mode) =>
      setInputValue(findInput('[name="rendering.mode"]', this.form), mode);
    this.#replacePages(
      makePageGrid(first),
      makeNumbers(first),
      makeNotes(first, budget, chooseMode),
      first.summary,
    );
  }

  /** @param {ApiError} error */
  #showRefusal(error) {
    const { message, hint } = inLabels(error, this.form);
    this.#replacePages(
      makeElement(
        "div",
        { class: "empty" },
        makeElement("p", {}, makeElement("strong", {}, "No preview: "), message),
        makeElement("p", {}, hint),
        isUnreachable(error) ? makeTryAgain(() => void this.pagesRequest.ask()) : null,
      ),
    );
  }
}
