// One validation sample of a training: its page, its reference, and what the model wrote of it step by step.

import { get } from "../base/api.js";
import { findElement, makeElement } from "../base/dom.js";
import { formatCount, formatMetric } from "../base/format.js";
import { latest } from "../base/latest.js";
import { redraw } from "../base/redraw.js";
import { markDifferences } from "../samples/word-diff.js";
import { makeZoomableImage } from "../widgets/zoom.js";
import { readArtifact } from "./artifact.js";

/** @typedef {import("./job-state.js").Job} Job */
/** @typedef {{step: number, text: string, rougeL: number}} WatchedText */
/** @typedef {{document_id: string, reference: string, texts: WatchedText[]}} WatchedSample */
/** @typedef {import("../base/api-types.js").SampleList} SampleList */

const MAX_SHOWN = 8;
/** Status of an answer while the samples are being sorted. */
const PREPARING = 429;

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

/** Make the page that was read, or say why it cannot be shown. @param {WatchedSample} sample @param {SampleList} list */
function makePage(sample, { samples, pages_note: note }) {
  const [first] = samples;
  if (first?.document_id !== sample.document_id || !first.pages.length)
    return makeElement("p", { class: "muted small" }, note ?? "Its page cannot be shown.");
  return makeZoomableImage(first.pages[0], `Page 1 of ${first.document_id}`);
}

/** @param {WatchedSample} sample @param {SampleList | null} list that begins with it; null: not read yet */
function makeTimeline(sample, list) {
  const { reference, texts } = sample;
  return [
    makeElement("h2", {}, "One page, read again and again"),
    makeElement(
      "p",
      { class: "muted small" },
      "The first validation sample. Words that are not in its reference are marked.",
    ),
    makeElement(
      "div",
      { class: list ? "watched" : "" },
      list ? makeElement("div", {}, makePage(sample, list)) : null,
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
    this.isPageAsked = false;
    /** @type {WatchedSample | null} */
    this.sample = null;
    /** @type {SampleList | null} */
    this.list = null;
    this.request = latest(
      (signal, /** @type {string} */ output) =>
        get(`/samples/models/${encodeURIComponent(output)}?split=validation&limit=1`, signal),
      (list) => {
        this.list = list;
        this.#draw();
      },
      ({ status }) => (this.isPageAsked = status !== PREPARING), // the texts are shown without the page
    );
  }

  /** @param {Job} job */
  #askPage({ config }) {
    this.isPageAsked = true;
    void this.request.ask(config.output);
  }

  #draw() {
    const { sample, list } = this;
    if (sample) redraw(findElement("#watched-sample"), [sample, list], () => makeTimeline(sample, list));
  }

  /**
   * Read the sample again when the training has validated once more.
   * @param {Job} job
   * @param {import("../charts/series.js").Series} series
   */
  async show(job, series) {
    const numScores = series.column("rougeL").filter((value) => value !== null).length;
    if (job.kind !== "training") return;
    if (this.sample && !this.isPageAsked) this.#askPage(job);
    if (numScores === this.numSeen) return;
    const text = await readArtifact(job, "watched_sample");
    if (!text) return;
    if (!this.sample) this.#askPage(job);
    this.numSeen = numScores;
    this.sample = JSON.parse(text);
    this.#draw();
  }
}
