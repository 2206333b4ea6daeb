// The first pages of the dataset that a job made. Of a job of a model those that it will read, until it has measured
// something: loading the libraries and the model takes longer than reading the dataset.

import { get, withQuery } from "../base/api.js";
import { findElement, makeElement } from "../base/dom.js";
import { formatCount } from "../base/format.js";
import { latest } from "../base/latest.js";
import { redraw } from "../base/redraw.js";
import { makeZoomableImage } from "../widgets/zoom.js";
import { ACTIVE_STATES } from "./job-state.js";

/** @typedef {import("./job-state.js").Job} Job */
/** @typedef {import("../base/api-types.js").SampleList} SampleList */

const NUM_SHOWN = 4;

/** @typedef {{dataset: string, split: string | null}} Source `split` null: the first one */

/** Return the dataset and split that a job made or reads; null: neither. @param {Job} job @returns {Source | null} */
function findSource({ kind, config, state }) {
  if (kind === "dataset") return state === "succeeded" ? { dataset: config.name, split: null } : null;
  if (kind === "training" || kind === "find_lr") return { dataset: config.dataset, split: "train" };
  const readsSplit = kind === "evaluation" || kind === "reading_check";
  return readsSplit ? { dataset: config.dataset, split: config.split } : null;
}

/** @param {SampleList} list @param {boolean} isMade whether the job made the dataset */
const makeFirstPages = ({ dataset, split, num_samples: total, samples }, isMade) => [
  makeElement("h2", {}, isMade ? "The first pages" : "The pages it will read"),
  makeElement(
    "p",
    { class: "muted small" },
    `The first of the ${formatCount(total)} samples in the split ${split} of ${dataset}, with their summaries.`,
  ),
  makeElement(
    "div",
    { class: "page-grid" },
    ...samples.map(({ document_id: name, pages, reference }) =>
      makeElement(
        "figure",
        { class: "paper" },
        makeZoomableImage(pages[0], `Page 1 of ${name}`),
        makeElement("figcaption", { class: "muted small", dir: "auto" }, reference ?? ""),
      ),
    ),
  ),
];

export class FirstPages {
  constructor() {
    /** @type {SampleList | null} */
    this.list = null;
    this.isAsked = false;
    this.isShown = false;
    this.isMade = false;
    this.request = latest(
      (signal, /** @type {Source} */ { dataset, split }) =>
        get(
          withQuery(`/samples/datasets/${encodeURIComponent(dataset)}`, { split, limit: NUM_SHOWN }),
          signal,
        ),
      (list) => {
        this.list = list;
        this.#draw();
      },
      () => (this.isAsked = false), // the job itself says what is wrong with its dataset
    );
  }

  /** @param {Job} job @param {boolean} isMeasured whether there are numbers to show instead */
  show(job, isMeasured) {
    const source = findSource(job);
    this.isMade = job.kind === "dataset";
    const isReadSoon = !isMeasured && ACTIVE_STATES.has(job.state) && !job.waits_for.length;
    this.isShown = source !== null && (this.isMade || isReadSoon);
    if (source && this.isShown && !this.isAsked) {
      this.isAsked = true;
      void this.request.ask(source);
    }
    this.#draw();
  }

  #draw() {
    const samples = (this.isShown && this.list?.samples) || [];
    redraw(findElement("#first-pages"), samples, () =>
      this.list && samples.length ? makeFirstPages(this.list, this.isMade) : [],
    );
    if (samples.length) findElement("#overview-empty").hidden = true;
  }
}
