// The overview of a job: curves while it trains, the latest page while it draws, numbers and what to do next when it is done.

import { API } from "./api.js";
import { control, make, one } from "./dom.js";
import { bytes, compact, count, duration, measured, words } from "./format.js";
import { Series } from "./series.js";
import { TrainingCharts } from "./training-charts.js";

/** @typedef {import("./jobs-api.js").Job} Job */

/** @type {Record<string, string>} */
const FIGURES = {
  train_loss: "Train loss", eval_loss: "Eval loss", best_eval_loss: "Best eval loss", rougeL: "ROUGE-L", learning_rate: "Learning rate",
  train_samples_per_second: "Samples/s", epoch: "Epoch", gpu_memory_reserved_gb: "GPU memory (GB)",
};

/** @param {string} name @param {string} value */
export const figure = (name, value) => make("div", { class: "figure" }, make("dt", {}, name), make("dd", {}, value));

/** @param {string} name @param {unknown} value */
function inWords(name, value) {
  if (typeof value !== "number") return String(value);
  if (name.endsWith("_bytes")) return bytes(value);
  if (name.endsWith("_s")) return duration(value);
  return Number.isInteger(value) ? (value >= 1e6 ? compact(value) : count(value)) : measured(value);
}

export class Outcome {
  /** @param {string} jobId */
  constructor(jobId) {
    this.jobId = jobId;
    this.series = new Series();
    this.charts = new TrainingCharts(one("#job-charts"));
    this.numMeasured = 0;
    this.numDrawn = -1;
    this.preview = 0;
    this.shownPreview = 0;
    this.smoothing = control('[name="smoothing"]');
    this.smoothing.addEventListener("input", () => this.#drawCurves());
  }

  /** @param {any[]} events */
  take(events) {
    for (const event of events) {
      if (event.kind === "metric") {
        this.series.add(event.step, event.values);
        this.numMeasured += 1;
      }
      if (event.kind === "preview") this.preview = event.seq;
    }
  }

  /** @param {Job} job */
  async show(job) {
    if (this.numDrawn !== this.numMeasured) this.#drawCurves();
    this.#showPreview();
    this.#showResult(job);
    one("#overview-empty").hidden = this.numMeasured > 0 || this.preview > 0 || job.result !== null;
  }

  #drawCurves() {
    this.numDrawn = this.numMeasured;
    const known = Object.entries(FIGURES).filter(([name]) => this.series.latest(name) !== null);
    one("#job-figures").replaceChildren(...known.map(([name, label]) => figure(label, measured(this.series.latest(name)))));
    one("#chart-tools").hidden = this.numMeasured === 0;
    this.charts.showOne(this.series, Number(this.smoothing.value));
  }

  #showPreview() {
    one("#job-preview").hidden = this.preview === 0;
    if (this.preview === this.shownPreview) return;
    this.shownPreview = this.preview;
    one("#job-preview img").setAttribute("src", `${API}/jobs/${this.jobId}/preview.png?seen=${this.preview}`);
  }

  /** @param {Job} job */
  #showResult({ kind, result }) {
    const place = one("#job-result");
    const seen = JSON.stringify(result);
    if (place.dataset.seen === seen) return;
    place.dataset.seen = seen;
    if (!result) return place.replaceChildren();
    const plain = Object.entries(result).filter(([name, value]) => value !== null && typeof value !== "object" && !["path", "folder"].includes(name));
    const facts = plain.filter(([, value]) => typeof value === "number").map(([name, value]) => figure(words(name.replace(/^num_|_bytes$|_s$/g, "")), inWords(name, value)));
    const report = result.report ?? result;
    place.replaceChildren(make("dl", { class: "figures" }, ...facts), ...(report.rouge && report.baselines ? [scores(report)] : []), nextStep(kind, result));
  }
}

/** @param {any} report scores beside baselines and published results */
function scores(report) {
  const types = Object.keys(report.rouge.scores ?? {});
  const points = (/** @type {any} */ rouge, /** @type {string} */ type) => {
    const score = rouge.scores?.[type];
    return score ? `${measured(score.fmeasure?.mean ?? score.fmeasure)}` : "–";
  };
  const line = (/** @type {string} */ name, /** @type {any} */ rouge) => make("tr", {}, make("th", { scope: "row" }, name), ...types.map((type) => make("td", { class: "numbers" }, points(rouge, type))));
  const head = make("tr", {}, make("th", { scope: "col" }, "Score on held-out samples"), ...types.map((type) => make("th", { scope: "col" }, type)));
  const lines = [line("This model", report.rouge), ...Object.entries(report.baselines).map(([name, rouge]) => line(name, rouge))];
  return make("div", { class: "table-scroll" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...lines)));
}

/** @param {string} kind @param {Record<string, any>} result */
function nextStep(kind, result) {
  const root = (document.body.dataset.jobs ?? "/jobs").replace(/jobs$/, "");
  if (kind === "dataset" && result.dataset) return make("p", {}, make("a", { class: "button button--primary", href: `${root}train?dataset=${encodeURIComponent(result.dataset)}` }, "Train a model on it"));
  return make("p", { class: "muted small" }, result.path ?? result.folder ?? "");
}
