// One sample: its pages beside what was written and what was expected.

import { get, withQuery } from "../base/api.js";
import { makeElement } from "../base/dom.js";
import { describeStyle } from "../base/format.js";
import { makeZoomableImage } from "../widgets/zoom.js";
import { makeMarkBadge, makeScorePill } from "./sample-marks.js";
import { markDifferences } from "./word-diff.js";

/** @typedef {import("../base/api-types.js").SampleAnswer} Sample */
/** @typedef {import("../base/api-types.js").SampleList} SampleList */

const FIRST_BATCH = "first_batch";

/**
 * @param {Sample} sample
 * @param {SampleList} list that holds it
 * @param {string} path of the list in the API
 */
export function makeSampleDetail(sample, list, path) {
  const isScored = sample.prediction !== null && Boolean(sample.reference);
  return [
    makeElement(
      "div",
      { class: "sample-detail__facts row" },
      makeElement("h3", { class: "sample-detail__name" }, sample.document_id),
      sample.score === null ? null : makeScorePill(sample.score),
      makeElement("span", { class: "muted small numbers" }, describeLength(sample, list)),
      ...sample.marks.map(makeMarkBadge),
    ),
    makeElement(
      "div",
      { class: "sample-detail__parts" },
      makePages(sample, list),
      makeElement(
        "div",
        { class: "sample-detail__texts" },
        ...(list.split === FIRST_BATCH
          ? [makeText("The model learns to write", [sample.reference ?? ""])]
          : makeTexts(sample, isScored)),
        isScored ? makeLegend(sample) : null,
        makeDocument(sample, list, path),
      ),
    ),
  ];
}

/** @param {Sample} sample @param {SampleList} list */
function describeLength({ length, prediction, pages, style }, { split }) {
  const isOfDocument = prediction === null && split !== FIRST_BATCH;
  const tokens = `${length.toLocaleString("en")} ${isOfDocument ? "text " : ""}tokens`;
  const size = pages.length > 1 ? `${tokens}, ${pages.length} pages` : tokens;
  return [size, describeStyle(style)].filter(Boolean).join("; ");
}

/** @param {Sample} sample @param {SampleList} list */
function makePages({ pages, document_id: name }, list) {
  const images = pages.map((address, index) =>
    makeElement(
      "figure",
      { class: "paper" },
      makeZoomableImage(address, `Page ${index + 1} of ${name}`),
      pages.length > 1
        ? makeElement("figcaption", { class: "muted small" }, `Page ${index + 1} of ${pages.length}`)
        : null,
    ),
  );
  for (const image of images.flatMap((figure) => [...figure.querySelectorAll("img")]))
    image.addEventListener("error", () => {
      const note = makeElement(
        "p",
        { class: "muted small" },
        "This page cannot be read: its file is damaged.",
      );
      image.closest("figure")?.replaceChildren(note);
    });
  const note = list.pages_note ?? (images.length ? null : "The pages of these inputs were not kept.");
  return makeElement(
    "div",
    { class: "sample-detail__pages" },
    note ? makeElement("p", { class: "muted small" }, note) : null,
    ...images,
  );
}

/** @param {Sample} sample @param {boolean} isScored @returns {HTMLElement[]} */
function makeTexts(sample, isScored) {
  if (sample.error) return [makeText("Not read", [sample.error])];
  const written = sample.prediction ?? "";
  const expected = sample.reference ?? "";
  if (!isScored) {
    const written_ = sample.prediction === null ? [] : [makeText("Prediction", [written])];
    return expected ? [...written_, makeText("Summary", [expected])] : written_;
  }
  const [prediction, reference] = markDifferences(written, expected, sample.unsupported);
  return [makeText("Prediction", prediction), makeText("Reference", reference)];
}

/** @param {string} title @param {(string | Node)[]} content */
const makeText = (title, content) =>
  makeElement(
    "section",
    { class: "sample-text" },
    makeElement("h4", {}, title),
    makeElement("p", { dir: "auto" }, ...(content.join("") || content.length > 1 ? content : ["(nothing)"])),
  );

/** @param {Sample} sample */
const makeLegend = ({ unsupported }) =>
  makeElement(
    "p",
    { class: "sample-legend muted small" },
    makeElement("mark", { class: "word word--extra" }, "not in the reference"),
    makeElement("mark", { class: "word word--missing" }, "not in the prediction"),
    unsupported.length
      ? makeElement("mark", { class: "word word--unsupported" }, "not in the document")
      : null,
  );

/** The document's text, read when it is opened. @param {Sample} sample @param {SampleList} list @param {string} path */
function makeDocument(sample, list, path) {
  if (!list.dataset || !sample.pages.length) return null;
  const text = makeElement("p", { class: "sample-document", dir: "auto", "aria-live": "polite" }, "Loading…");
  const details = /** @type {HTMLDetailsElement} */ (
    makeElement("details", {}, makeElement("summary", {}, "Text of the document"), text)
  );
  details.addEventListener(
    "toggle",
    async () => {
      try {
        const answer = await get(withQuery(`${path}/${sample.position}`, { split: list.split }));
        text.textContent = answer.text ?? "The dataset does not hold it.";
      } catch (error) {
        text.textContent = error instanceof Error ? error.message : String(error);
      }
    },
    { once: true },
  );
  return details;
}
