// One sample side by side: its reference, and what each job wrote, with its score and its other words.

import { withQuery } from "../base/api.js";
import { makeElement } from "../base/dom.js";
import { makeMarkBadge, makeScorePill } from "../samples/sample-marks.js";
import { markDifferences } from "../samples/word-diff.js";
import { makeSwatch } from "./compared-jobs.js";

/** @typedef {import("../base/api-types.js").Comparison} Comparison */
/** @typedef {import("../base/api-types.js").ComparedSampleList} ComparedSampleList */
/** @typedef {import("../base/api-types.js").ComparedText} ComparedText */

/**
 * @param {ComparedSampleList["samples"][number]} sample
 * @param {ComparedSampleList} list that holds it
 * @param {Comparison} comparison
 * @param {string[]} names of its jobs
 */
export function makeComparedSample({ position, document_id: name, reference, texts }, list, { jobs }, names) {
  const order = jobs.map(({ experiment }) => experiment.id);
  const first = jobs[order.indexOf(list.jobs[0])];
  const page = `${document.body.dataset.samples}/${first.collection}/${encodeURIComponent(first.samples_name ?? "")}`;
  const address = withQuery(page, { split: first.experiment.score?.split, position });
  const columns = texts.map((text, number) => {
    const index = order.indexOf(list.jobs[number]);
    return makeText(makeSwatch(names[index], index), text, reference ?? "");
  });
  return makeElement(
    "article",
    { class: "compared-sample", "aria-label": name },
    makeElement(
      "div",
      { class: "row row--apart" },
      makeElement("h3", { class: "sample-detail__name" }, name),
      makeElement("a", { class: "small", href: address }, "Pages and document"),
    ),
    makeElement(
      "section",
      { class: "sample-text" },
      makeElement("h4", {}, "Reference"),
      makeElement("p", { dir: "auto" }, reference || "(nothing)"),
    ),
    makeElement("div", { class: "compared-sample__texts" }, ...columns),
  );
}

/** @param {HTMLElement} title @param {ComparedText} text @param {string} reference */
function makeText(title, { prediction, score, marks, unsupported, error }, reference) {
  const [words] = markDifferences(prediction ?? "", reference, unsupported);
  return makeElement(
    "section",
    { class: "sample-text" },
    makeElement("h4", { class: "row" }, title, makeScorePill(score), ...marks.map(makeMarkBadge)),
    makeElement("p", { dir: "auto" }, ...(error ? [error] : prediction ? words : ["(nothing)"])),
  );
}
