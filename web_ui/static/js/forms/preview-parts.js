// The parts of a preview: the pages of a document, their numbers, and notes.

import { makeElement, makeFigure } from "../base/dom.js";
import { formatCompression, formatCount, formatNumber } from "../base/format.js";
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
  const numbers = {
    Pages: total > pages.length ? `first ${pages.length} of ${formatCount(total)}` : formatCount(total),
    "Text tokens": formatCount(document_.num_text_tokens),
    "Vision tokens": formatCount(document_.num_vision_tokens),
    Compression: formatCompression(document_.compression),
    "Font size": `${formatNumber(document_.font_size_px)} px`,
  };
  return Object.entries(numbers).map(([name, value]) => makeFigure(name, value));
}

/** @param {PreviewedDocument} document_ @param {number} budget text tokens that a page of this size may hold */
export function makeNotes({ truncated, warnings }, budget) {
  const warningTexts = [
    ...warnings,
    ...(truncated ? ["The end of the document does not fit and is cut off."] : []),
  ];
  if (warningTexts.length)
    return warningTexts.map((note) => makeElement("li", { class: "notice notice--warn" }, note));
  return [
    makeElement(
      "li",
      { class: "notice notice--ok" },
      `Within the budget: no page holds more than the ${formatCount(budget)} text tokens that the model reads reliably at this size.`,
    ),
  ];
}
