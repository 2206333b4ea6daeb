// The overview of a job: charts of a training, the latest page of a dataset job, warnings, and the result.

import { API } from "../base/api.js";
import { findElement, findInput, makeElement, makeIcon } from "../base/dom.js";
import { formatTime } from "../base/format.js";
import { redraw } from "../base/redraw.js";
import { TrainingCharts } from "../charts/training-charts.js";
import { replacePaths } from "../forms/labels.js";
import { makeResult } from "./job-result.js";
import { ENDED_STATES } from "./job-state.js";
import { LrCurve } from "./lr-curve.js";
import { showTiles } from "./metric-tiles.js";

/** @typedef {import("./job-state.js").Job} Job */
/** @typedef {import("./job-events.js").JobEventReader} JobEventReader */

/**
 * A job that waits for the Hub warns again and again; the overview shows the first warnings, of which those of a
 * training's dataset are, and the last ones, of which those of a finished dataset are.
 */
const MAX_WARNINGS = 4;

export class JobOverview {
  /** @param {JobEventReader} events */
  constructor(events) {
    this.events = events;
    this.charts = new TrainingCharts(findElement("#job-charts"));
    /** @type {LrCurve | null} */
    this.lrCurve = null;
    this.numShownEvents = -1;
    this.message = "";
    /** @type {Set<string>} texts of the warnings, each once */
    this.warnings = new Set();
    this.latestPageSeq = 0;
    this.shownPageSeq = 0;
    this.smoothing = findInput('[name="smoothing"]');
    let frame = 0;
    this.smoothing.addEventListener("input", () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => this.#updateCharts());
    });
  }

  /** Read the new events. @param {Record<string, string>} labels of the job's settings, by their paths */
  async read(labels) {
    for (const event of await this.events.read()) {
      if (event.kind === "message") {
        const text = replacePaths(event.text, labels);
        this.message = text;
        this.#addMessage({ ...event, text });
        if (event.level !== "info") this.warnings.add(text);
      }
      if (event.kind === "preview") this.latestPageSeq = event.seq;
    }
  }

  /** @param {{time: string, text: string, level: string}} event */
  #addMessage({ time, text, level }) {
    const tone = { warning: "badge--warn", error: "badge--bad" }[level];
    findElement("#job-messages").append(
      makeElement(
        "li",
        {},
        makeElement("time", { datetime: time, class: "muted numbers" }, formatTime(new Date(time))),
        tone ? makeElement("span", { class: `badge ${tone}` }, level) : null,
        makeElement("span", { class: "grow" }, text),
      ),
    );
  }

  /** @param {Job} job */
  show(job) {
    const { numMetricEvents, numUsageEvents } = this.events;
    if (job.kind === "find_lr") this.#showLrCurve(job);
    else if (job.kind !== "warm_model" && this.numShownEvents !== numMetricEvents) this.#updateCharts();
    showTiles(findElement("#job-figures"), this.events, job.kind !== "find_lr");
    this.#showWarnings();
    this.#showLatestPage(job.kind === "dataset" && job.state !== "succeeded");
    this.#showResult(job);
    const empty = findElement("#overview-empty");
    empty.hidden = numMetricEvents + numUsageEvents > 0 || this.latestPageSeq > 0 || job.result !== null;
    empty.textContent = ENDED_STATES.has(job.state)
      ? "This job ended without anything to show."
      : "Nothing to show yet. Numbers and pages appear here while the job runs.";
  }

  #showWarnings() {
    const texts = [...this.warnings];
    const first = texts.slice(0, MAX_WARNINGS);
    const last = texts.slice(MAX_WARNINGS).slice(-MAX_WARNINGS);
    redraw(findElement("#job-warnings"), texts, () => [
      ...[...first, ...last].map((text) =>
        makeElement(
          "div",
          { class: "notice notice--warn" },
          makeIcon("icon-warning"),
          makeElement("p", {}, text),
        ),
      ),
      ...(texts.length > first.length + last.length
        ? [
            makeElement(
              "p",
              { class: "muted small" },
              "The warnings between these are in the ",
              makeElement("a", { href: "#log" }, "log"),
              ".",
            ),
          ]
        : []),
    ]);
  }

  /** @param {Job} job a learning-rate search: what it measured last means nothing */
  #showLrCurve({ result }) {
    this.lrCurve ??= new LrCurve(findElement("#job-charts"));
    this.lrCurve.show(this.events.series, result?.suggestion);
  }

  #updateCharts() {
    const { series, numMetricEvents } = this.events;
    this.numShownEvents = numMetricEvents;
    findElement("#chart-tools").hidden = numMetricEvents === 0;
    this.charts.showOne(series, Number(this.smoothing.value));
  }

  /** @param {boolean} isWanted only of a dataset that is not finished: the pages of other jobs are among their samples */
  #showLatestPage(isWanted) {
    findElement("#latest-page").hidden = this.latestPageSeq === 0 || !isWanted;
    if (this.latestPageSeq === this.shownPageSeq || !isWanted) return;
    this.shownPageSeq = this.latestPageSeq;
    findElement("#latest-page img").setAttribute(
      "src",
      `${API}/jobs/${this.events.jobId}/preview.png?seen=${this.latestPageSeq}`,
    );
  }

  /** @param {Job} job */
  #showResult(job) {
    const { result } = job;
    const container = findElement("#job-result");
    redraw(container, result, () => (result ? makeResult(job, result) : []));
  }
}
