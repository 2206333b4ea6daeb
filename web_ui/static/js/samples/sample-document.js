// The document of one sample: its pages, and its text on demand.

import { get, withQuery } from "../base/api.js";
import { makeElement } from "../base/dom.js";
import { makeZoomableImage } from "../widgets/zoom.js";

/** @typedef {import("../base/api-types.js").SampleAnswer} Sample */
/** @typedef {import("../base/api-types.js").SampleList} SampleList */

export const FIRST_BATCH = "first_batch";

/** @param {Sample} sample @param {SampleList} list */
export function makePages({ pages, document_id: name }, list) {
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

/** The document's text, read when it is opened. @param {Sample} sample @param {SampleList} list @param {string} path */
export function makeDocument(sample, list, path) {
  const isTextOfFirstBatch = list.split === FIRST_BATCH && !sample.pages.length;
  if (!isTextOfFirstBatch && (!list.dataset || !sample.pages.length)) return null;
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
