// The latest values of a training, and what a job uses of its machine, each with a small curve of its course.

import { findElement, makeFigure } from "../base/dom.js";
import { formatMetric, formatNumber } from "../base/format.js";
import { redraw } from "../base/redraw.js";
import { makeSparkline } from "../charts/sparkline.js";
import { METRICS } from "../charts/training-charts.js";

/** @typedef {import("../charts/series.js").Series} Series */

const MAX_POINTS = 60;

/** Usage of the machine -> title of its tile and unit. @type {Record<string, [string, string]>} */
const USAGE = {
  gpu_load_percent: ["GPU load", "%"],
  gpu_memory_gb: ["GPU memory in use", "GB"],
  cpu_load_percent: ["Processor load", "%"],
  memory_gb: ["Memory", "GB"],
};

/** Metric of a warm model -> title of its tile, unit, and what the value is multiplied by. @type {Record<string, [string, string, number]>} */
const ANSWERING = {
  samples_per_s: ["Summaries per second", "", 1],
  tokens_per_s: ["Tokens per second", "", 1],
  first_token_s: ["First token", " ms", 1000],
  queue_s: ["In the queue", " ms", 1000],
  running: ["Being written", "", 1],
  waiting: ["Waiting", "", 1],
};

/** @param {string} title @param {string} text @param {string} name @param {Series} series @param {string} axis */
function makeTile(title, text, name, series, axis) {
  const figure = makeFigure(title, text);
  const { steps, values } = series.sparse(name, MAX_POINTS);
  if (steps.length > 1)
    findElement("dd", figure).append(makeSparkline(steps, values, `${title} over the ${axis}`));
  return figure;
}

/** @param {Series} series @returns {HTMLElement[]} */
const makeMetricTiles = (series) =>
  Object.entries(METRICS)
    .filter(([name, { tile }]) => tile && series.latest(name) !== null)
    .map(([name, { tile }]) =>
      makeTile(tile, formatMetric(name, series.latest(name)), name, series, "steps"),
    );

/** @param {Series} series by answered requests @returns {HTMLElement[]} */
const makeAnsweringTiles = (series) =>
  Object.entries(ANSWERING).flatMap(([name, [title, unit, factor]]) => {
    const value = series.latest(name);
    return value === null
      ? []
      : [
          makeTile(
            title,
            `${formatNumber(Number((factor * value).toPrecision(2)))}${unit}`,
            name,
            series,
            "requests",
          ),
        ];
  });

/** @param {Series} usage by seconds @returns {HTMLElement[]} */
const makeUsageTiles = (usage) =>
  Object.entries(USAGE).flatMap(([name, [title, unit]]) => {
    const value = usage.latest(name);
    if (value === null) return [];
    const text = unit === "%" ? `${Math.round(value)}%` : `${value.toPrecision(3)} ${unit}`;
    return [makeTile(title, text, name, usage, "time")];
  });

/**
 * @param {HTMLElement} container
 * @param {import("./job-events.js").JobEventReader} events
 * @param {boolean} hasMetrics whether the latest metrics mean something
 */
export const showTiles = (container, { series, usage, numMetricEvents, numUsageEvents }, hasMetrics) =>
  redraw(container, [numMetricEvents, numUsageEvents], () => [
    ...(hasMetrics ? [...makeMetricTiles(series), ...makeAnsweringTiles(series)] : []),
    ...makeUsageTiles(usage),
  ]);
