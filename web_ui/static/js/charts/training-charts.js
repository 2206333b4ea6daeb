// The charts of one training, or of several trainings together.

import { Chart } from "./chart.js";

/** @typedef {import("./series.js").Series} Series */

/** The values of a training and how they are shown, as evaluation/training_metrics.py describes them.
 * @type {Record<string, {name: string, chart: string, line: string, tile: string, compared: string}>} */
export const METRICS = JSON.parse(document.body.dataset.metrics ?? "{}");

/** Title of each chart -> its metrics. @type {Map<string, string[]>} */
const CHARTS = new Map();
for (const [name, { chart }] of Object.entries(METRICS)) {
  if (chart) CHARTS.set(chart, [...(CHARTS.get(chart) ?? []), name]);
}
const NUM_COLORS = 8;
const colorOf = (/** @type {number} */ index) => (index % NUM_COLORS) + 1;

export class TrainingCharts {
  /** @param {HTMLElement} container */
  constructor(container) {
    this.container = container;
    /** @type {Map<string, Chart>} */
    this.charts = new Map();
  }

  /** @param {string} title */
  #chart(title) {
    let chart = this.charts.get(title);
    if (!chart) this.charts.set(title, (chart = new Chart(this.container, title)));
    return chart;
  }

  /** @param {Series} series @param {number} smoothing from 0 (none) towards 1 */
  showOne(series, smoothing) {
    for (const [title, names] of CHARTS) {
      const lines = names.map((name, index) => ({
        label: METRICS[name].line,
        color: colorOf(index),
        steps: series.steps,
        values: series.column(name),
        isFilled: index === 0,
      }));
      this.#chart(title).show(lines, smoothing);
    }
  }

  /** @param {{label: string, series: Series}[]} runs */
  showSeveral(runs) {
    for (const [name, { compared }] of Object.entries(METRICS)) {
      if (!compared) continue;
      this.#chart(compared).show(
        runs.map(({ label, series }, index) => ({
          label,
          color: colorOf(index),
          steps: series.steps,
          values: series.column(name),
        })),
      );
    }
  }
}
