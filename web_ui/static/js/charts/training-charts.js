// The charts of one training, or of several trainings together.

import { Chart } from "./chart.js";

/** @typedef {import("./series.js").Series} Series */

/** @type {{title: string, names: Record<string, string>}[]} */
const CHARTS = [
  { title: "Loss", names: { train_loss: "train", eval_loss: "eval" } },
  {
    title: "ROUGE",
    names: { rouge1: "ROUGE-1", rouge2: "ROUGE-2", rougeL: "ROUGE-L", rougeLsum: "ROUGE-Lsum" },
  },
  { title: "Learning rate", names: { learning_rate: "learning rate" } },
  { title: "Gradient norm", names: { grad_norm: "gradient norm" } },
  { title: "Samples per second", names: { train_samples_per_second: "samples/s" } },
  {
    title: "Memory (GB)",
    names: { gpu_memory_allocated_gb: "allocated", gpu_memory_reserved_gb: "reserved" },
  },
];
/** Title and metric of each chart that compares several trainings. */
const COMPARED_METRICS = {
  "Train loss": "train_loss",
  "Eval loss": "eval_loss",
  "ROUGE-L": "rougeL",
  "Learning rate": "learning_rate",
  "Gradient norm": "grad_norm",
  "Samples per second": "train_samples_per_second",
};
const colorOf = (/** @type {number} */ index) => /** @type {1 | 2 | 3 | 4} */ ((index % 4) + 1);

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
    for (const { title, names } of CHARTS) {
      const lines = Object.entries(names).map(([name, label], index) => ({
        label,
        color: colorOf(index),
        steps: series.steps,
        values: series.column(name),
      }));
      this.#chart(title).show(lines, smoothing);
    }
  }

  /** @param {{label: string, series: Series}[]} runs */
  showSeveral(runs) {
    for (const [title, name] of Object.entries(COMPARED_METRICS)) {
      this.#chart(title).show(
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
