// The overview of a job: curves while it trains, the latest page while it draws, numbers and what to do next when it is done.

import { API } from "./api.js";
import { Chart } from "./chart.js";
import { control, figure, make, one } from "./dom.js";
import { bytes, compact, count, duration, measured, metric, words } from "./format.js";
import { reportOn } from "./dataset-report.js";
import { scoreTable } from "./score-table.js";
import { Series } from "./series.js";
import { TrainingCharts } from "./training-charts.js";

/** @typedef {import("./jobs-api.js").Job} Job */

/** @type {Record<string, string>} */
const FIGURES = {
  train_loss: "Train loss", eval_loss: "Eval loss", best_eval_loss: "Best eval loss", rougeL: "ROUGE-L", learning_rate: "Learning rate",
  train_samples_per_second: "Samples/s", epoch: "Epoch", gpu_memory_reserved_gb: "GPU memory (GB)",
};

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
    this.message = "";
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
      if (event.kind === "message") {
        this.message = event.text;
        this.#addMessage(event);
      }
      if (event.kind === "preview") this.preview = event.seq;
    }
  }

  /** @param {{time: string, text: string, level: string}} event */
  #addMessage({ time, text, level }) {
    const tone = { warning: "badge--warn", error: "badge--bad" }[level];
    one("#job-messages").append(make("li", {}, make("time", { datetime: time, class: "muted numbers" }, new Date(time).toLocaleTimeString("en-GB")),
      tone ? make("span", { class: `badge ${tone}` }, level) : null, make("span", { class: "grow" }, text)));
  }

  /** @param {Job} job */
  async show(job) {
    if (this.numDrawn !== this.numMeasured) this.#drawCurves();
    this.#showPreview(job.kind !== "training");
    this.#showResult(job);
    one("#overview-empty").hidden = this.numMeasured > 0 || this.preview > 0 || job.result !== null;
  }

  #drawCurves() {
    this.numDrawn = this.numMeasured;
    const known = Object.entries(FIGURES).filter(([name]) => this.series.latest(name) !== null);
    one("#job-figures").replaceChildren(...known.map(([name, label]) => figure(label, metric(name, this.series.latest(name)))));
    one("#chart-tools").hidden = this.numMeasured === 0;
    this.charts.showOne(this.series, Number(this.smoothing.value));
  }

  /** @param {boolean} isWanted a training's pages stand among its samples */
  #showPreview(isWanted) {
    one("#job-preview").hidden = this.preview === 0 || !isWanted;
    if (this.preview === this.shownPreview || !isWanted) return;
    this.shownPreview = this.preview;
    one("#job-preview img").setAttribute("src", `${API}/jobs/${this.jobId}/preview.png?seen=${this.preview}`);
  }

  /** @param {Job} job */
  #showResult(job) {
    const { result } = job;
    const place = one("#job-result");
    const seen = JSON.stringify(result);
    if (place.dataset.seen === seen) return;
    place.dataset.seen = seen;
    if (!result) return place.replaceChildren();
    const plain = Object.entries(result).filter(([name, value]) => value !== null && typeof value !== "object" && !["path", "folder"].includes(name));
    const facts = plain.filter(([, value]) => typeof value === "number").map(([name, value]) => figure(words(name.replace(/^num_|_bytes$|_s$/g, "")), inWords(name, value)));
    place.replaceChildren(make("dl", { class: "figures" }, ...facts), ...(result.table ? [scoreTable(result.table, result.intervals)] : []), nextStep(job), ...(job.kind === "dataset" ? [reportOn(job.config.name)] : []));
    if (result.curve) showCurve(place, result.curve);
  }
}

/** @param {HTMLElement} place @param {{learning_rates: number[], losses: number[], smoothed: number[]}} curve */
function showCurve(place, { learning_rates: steps, losses, smoothed }) {
  new Chart(place, "Loss by learning rate", "learning rate", true).show([{ label: "loss", colour: 1, steps, values: losses }, { label: "smoothed", colour: 2, steps, values: smoothed }]);
}

/** @param {Job} job that has succeeded */
function nextStep({ kind, config, result }) {
  const root = (document.body.dataset.jobs ?? "/jobs").replace(/jobs$/, "");
  const train = (/** @type {Record<string, string>} */ query, /** @type {string} */ text) =>
    make("p", {}, make("a", { class: "button button--primary", href: `${root}train?${new URLSearchParams(query)}` }, text));
  if (kind === "dataset") return train({ dataset: config.name }, "Train a model on it");
  const rate = result?.suggestion;
  if (kind === "find_lr" && rate) return train({ dataset: config.dataset, model: config.model, learning_rate: String(rate) }, `Train with ${measured(rate)}`);
  const written = result?.folder ?? result?.path ?? "";
  return make("p", { class: "muted small" }, written ? "Written to " : "", make("code", {}, written));
}
