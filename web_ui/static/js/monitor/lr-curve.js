// The curve of a learning-rate search: the loss at each rate, and the rate that the search suggests.

import { formatNumber } from "../base/format.js";
import { Chart } from "../charts/chart.js";

/** @typedef {import("../charts/series.js").Series} Series */

export class LrCurve {
  /** @param {HTMLElement} container */
  constructor(container) {
    this.chart = new Chart(container, "Loss by learning rate", { xLabel: "learning rate", isLog: true });
  }

  /**
   * @param {Series} series the values of each step
   * @param {number | null | undefined} suggestion none while the search runs, and where the loss did not fall clearly
   */
  show(series, suggestion) {
    const steps = /** @type {number[]} */ (series.column("learning_rate"));
    this.chart.show([
      { label: "loss", color: 1, steps, values: series.column("train_loss") },
      { label: "smoothed", color: 2, steps, values: series.column("smoothed_loss"), isFilled: true },
    ]);
    this.chart.setMark(
      suggestion ? { at: suggestion, label: `suggested: ${formatNumber(suggestion)}` } : null,
    );
  }
}
