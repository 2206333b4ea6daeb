// The parts of a preview: the pages of a document, their numbers, and notes.

import { makeElement, makeFigure } from "../base/dom.js";
import { describeStyle, formatCompression, formatCount, formatNumber } from "../base/format.js";
import { makeZoomableImage } from "../widgets/zoom.js";

/** @typedef {import("../base/api-types.js").PreviewedDocument} PreviewedDocument */

/** @param {PreviewedDocument} document_ */
export function makePageGrid({ pages, num_pages: total }) {
  const images = pages.map((page, index) =>
    makeZoomableImage(`data:image/png;base64,${page.png_base64}`, `Page ${index + 1} of ${total}`),
  );
  return makeElement("div", { class: "page-grid" }, ...images);
}

/** @param {PreviewedDocument} document_ */
export function makeNumbers(document_) {
  const { pages, num_pages: total } = document_;
  const style = describeStyle(document_.style);
  const numbers = {
    Pages: total > pages.length ? `first ${pages.length} of ${formatCount(total)}` : formatCount(total),
    "Text tokens": formatCount(document_.num_text_tokens),
    "Vision tokens": formatCount(document_.num_vision_tokens),
    Compression: formatCompression(document_.compression),
    "Font size": `${formatNumber(document_.font_size_px)} px`,
    ...(style ? { Style: style } : {}),
  };
  return Object.entries(numbers).map(([name, value]) => makeFigure(name, value));
}

/**
 * @param {PreviewedDocument} document_
 * @param {number} budget text tokens that a page of this size may hold
 * @param {(mode: string) => void} chooseMode takes another page mode
 */
export function makeNotes({ truncated, warnings, pages, smaller_mode: smaller }, budget, chooseMode) {
  const warningTexts = [
    ...warnings,
    ...(truncated ? ["The end of the document does not fit and is cut off."] : []),
  ];
  if (warningTexts.length)
    return warningTexts.map((note) => makeElement("li", { class: "notice notice--warn" }, note));
  if (smaller) return [makeSmallerNote(smaller, pages[0].num_vision_tokens, chooseMode)];
  return [
    makeElement(
      "li",
      { class: "notice notice--ok" },
      `Within the budget: no page holds more than the ${formatCount(budget)} text tokens that the model reads reliably at this size.`,
    ),
  ];
}

/**
 * @param {import("../base/api-types.js").SmallerMode} smaller
 * @param {number} numVisionTokens of the shown page
 * @param {(mode: string) => void} chooseMode
 */
function makeSmallerNote(
  { mode, size_px: size, num_vision_tokens: numSmaller },
  numVisionTokens,
  chooseMode,
) {
  const button = makeElement("button", { type: "button", class: "button button--small" }, `Use mode ${mode}`);
  button.addEventListener("click", () => chooseMode(mode));
  return makeElement(
    "li",
    { class: "notice" },
    makeElement(
      "div",
      { class: "stack-s" },
      makeElement(
        "p",
        {},
        `A page of ${size} px (mode ${mode}) holds this document too, with ${numSmaller} instead of ${numVisionTokens} vision tokens.`,
      ),
      makeElement("div", {}, button),
    ),
  );
}
