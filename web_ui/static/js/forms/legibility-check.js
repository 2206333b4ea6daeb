// Reads the shown pages of a preview with tesseract, and shows the share of wrong characters.

import { post } from "../base/api.js";
import { findElement, makeElement, makeFigure } from "../base/dom.js";
import { formatErrorRate } from "../base/format.js";
import { latest } from "../base/latest.js";
import { onPress, setResting } from "../base/resting.js";
import { inLabels } from "./labels.js";

export class LegibilityCheck {
  /**
   * @param {HTMLElement} container of the preview
   * @param {() => Record<string, unknown>} request body of the request for the shown pages
   */
  constructor(container, request) {
    this.container = container;
    this.button = findElement('[data-act="legibility"]', container);
    this.reading = latest(
      (signal) => post("/dataset/preview", { ...request(), legibility: true }, signal),
      ({ legibility }) => this.#showCharacterErrors(formatErrorRate(legibility.character_error_rate)),
      (error) => this.#showRefusal(error),
    );
    onPress(this.button, () => {
      setResting(this.button, true);
      this.#showCharacterErrors("Reading…");
      void this.reading.ask();
    });
  }

  /** Offer the check anew, or hide it; a running one ends. @param {boolean} isPossible whether pages are shown */
  offer(isPossible) {
    this.reading.stop();
    this.button.hidden = !isPossible;
    setResting(this.button, false);
  }

  /** @param {string} text */
  #showCharacterErrors(text) {
    const shown = this.container.querySelector("[data-errors]") ?? makeFigure("Character errors", "");
    shown.setAttribute("data-errors", "");
    findElement("dd", shown).textContent = text;
    findElement(".preview__numbers", this.container).append(shown);
  }

  /** @param {import("../base/api.js").ApiError} error */
  #showRefusal(error) {
    const { message, hint } = inLabels(error, /** @type {HTMLElement} */ (this.container.closest("form")));
    findElement("[data-errors]", this.container).remove();
    setResting(this.button, false);
    findElement(".preview__notes", this.container).append(
      makeElement("li", { class: "notice notice--warn" }, `${message} ${hint}`),
    );
  }
}
