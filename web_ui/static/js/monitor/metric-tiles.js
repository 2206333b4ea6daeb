// The latest values of a training, each with a small curve of its course.

import { findElement, makeFigure } from "../base/dom.js";
import { formatMetric } from "../base/format.js";
import { makeSparkline } from "../charts/sparkline.js";
import { METRICS } from "../charts/training-charts.js";

/** @typedef {import("../charts/series.js").Series} Series */

const MAX_POINTS = 60;

/** @param {string} title @param {string} name of the metric @param {Series} series */
function makeTile(title, name, series) {
  const figure = makeFigure(title, formatMetric(name, series.latest(name)));
  const { steps, values } = series.sparse(name, MAX_POINTS);
  if (steps.length > 1)
    findElement("dd", figure).append(makeSparkline(steps, values, `${title} over the steps`));
  return figure;
}

/** @param {HTMLElement} container @param {Series} series */
export function showTiles(container, series) {
  const measured = Object.entries(METRICS).filter(([name, { tile }]) => tile && series.latest(name) !== null);
  container.replaceChildren(...measured.map(([name, { tile }]) => makeTile(tile, name, series)));
}
