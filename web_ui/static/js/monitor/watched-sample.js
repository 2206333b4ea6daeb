// One validation sample of a training: its page, its reference, and what the model wrote of it step by step.

import { API } from "../base/api.js";
import { findElement, makeElement } from "../base/dom.js";
import { formatCount, formatMetric } from "../base/format.js";
import { redraw } from "../base/redraw.js";
import { markDifferences } from "../samples/word-diff.js";
import { makeZoomableImage } from "../widgets/zoom.js";
import { readArtifact } from "./sample-parts.js";

/** @typedef {import("./job-state.js").Job} Job */
/** @typedef {{step: number, text: string, rougeL: number}} WatchedText */
/** @typedef {{dataset: string, split: string, row: number, reference: string, texts: WatchedText[]}} WatchedSample */

const MAX_SHOWN = 8;

/** @typedef {WatchedText & {lastStep: number}} WatchedSpan the steps in which the text stayed the same */

/** @param {WatchedText[]} texts @returns {WatchedSpan[]} */
function joinEqual(texts) {
  /** @type {WatchedSpan[]} */
  const spans = [];
  for (const written of texts) {
    const before = spans.at(-1);
    if (before?.text === written.text) before.lastStep = written.step;
    else spans.push({ ...written, lastStep: written.step });
  }
  return spans;
}

/**
 * Return what is shown: the first text, the latest, and others evenly between them.
 * @param {WatchedText[]} texts
 */
export function chooseTexts(texts) {
  const spans = joinEqual(texts);
  const last = spans.length - 1;
  if (last < MAX_SHOWN) return spans;
  return Array.from({ length: MAX_SHOWN }, (_, index) => spans[Math.round((index * last) / (MAX_SHOWN - 1))]);
}

/** @param {WatchedSpan} span @param {string} reference */
const makeStep = ({ step, lastStep, text, rougeL }, reference) =>
  makeElement(
    "li",
    {},
    makeElement(
      "span",
      { class: "timeline__step numbers" },
      lastStep > step
        ? `Steps ${formatCount(step)} to ${formatCount(lastStep)}`
        : `Step ${formatCount(step)}`,
      makeElement("span", { class: "muted" }, `ROUGE-L ${formatMetric("rougeL", rougeL * 100)}`),
    ),
    makeElement("p", { dir: "auto" }, ...(text ? markDifferences(text, reference, [])[0] : ["(nothing)"])),
  );

/** @param {WatchedSample} sample */
function makeTimeline({ dataset, split, row, reference, texts }) {
  const page = `${API}/datasets/${encodeURIComponent(dataset)}/pages/${split}/${row}/1.png`;
  const picture = makeZoomableImage(page, "Page 1 of the watched sample");
  findElement("img", picture).addEventListener("error", () => (picture.hidden = true));
  return [
    makeElement("h2", {}, "One page, read again and again"),
    makeElement(
      "p",
      { class: "muted small" },
      "The first validation sample. Words that are not in its reference are marked.",
    ),
    makeElement(
      "div",
      { class: "watched" },
      picture,
      makeElement(
        "ol",
        { class: "timeline", "aria-label": "What the model wrote, by step" },
        ...chooseTexts(texts).map((written) => makeStep(written, reference)),
        makeElement(
          "li",
          { class: "timeline__reference" },
          makeElement("span", { class: "timeline__step" }, "Reference"),
          makeElement("p", { dir: "auto" }, reference),
        ),
      ),
    ),
  ];
}

export class WatchedSampleView {
  constructor() {
    this.numSeen = 0;
  }

  /**
   * Read the sample again when the training has validated once more.
   * @param {Job} job
   * @param {import("../charts/series.js").Series} series
   */
  async show(job, series) {
    const numScores = series.column("rougeL").filter((value) => value !== null).length;
    if (job.kind !== "training" || numScores === this.numSeen) return;
    const text = await readArtifact(job, "watched_sample");
    if (!text) return;
    this.numSeen = numScores;
    /** @type {WatchedSample} */
    const sample = JSON.parse(text);
    redraw(findElement("#watched-sample"), sample, () => makeTimeline(sample));
  }
}
