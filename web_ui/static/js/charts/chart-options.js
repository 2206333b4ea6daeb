// The appearance of a chart: axes, colours of the active theme, marked points, and the values in its legend.

import uPlot from "../../vendor/uplot/uPlot.esm.js";
import { makeElement } from "../base/dom.js";
import { formatCount, formatLogTick, formatMetric, formatNumber } from "../base/format.js";
import { makeMarkPlugin } from "./chart-mark.js";
import { makePanZoomPlugin } from "./chart-moves.js";

/** @typedef {{label: string, color: number, steps: number[], values: (number | null)[], isFilled?: boolean}} Line `isFilled`: its area is coloured, of the one line of a chart that matters most */
/** @typedef {import("../../vendor/uplot/uPlot.esm.js")} Plot */
/** @typedef {import("./chart-mark.js").Mark} Mark */
/** @typedef {import("../../vendor/uplot/uPlot.esm.js").Options} Options */
/** @typedef {import("../../vendor/uplot/uPlot.esm.js").Series} PlotSeries */

const MAX_MARKED_POINTS = 40;
/** Possible distances between the ticks of an axis of whole numbers. */
const INTEGER_INCREMENTS = Array.from({ length: 10 }, (_, power) =>
  [1, 2, 5].map((digit) => digit * 10 ** power),
).flat();
/** @type {Partial<import("../../vendor/uplot/uPlot.esm.js").Axis>} */
const LOG_AXIS = { values: (_, ticks) => ticks.map(formatLogTick) };
const MIN_HAIRLINE_POINTS = 200;

/** @param {ArrayLike<number | null | undefined>} values */
export const lastValue = (values) => Array.prototype.findLast.call(values, (value) => value !== null);

/** Return the colour that a token has in the active theme. @param {string} name */
function resolveColor(name) {
  const probe = makeElement("i", {});
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

/**
 * Mark single points only where few are visible.
 * @type {(plot: Plot, index: number, first: number, last: number) => boolean}
 */
function showsPoints(plot, series, first, last) {
  let numPoints = 0;
  for (let index = first; index <= last && numPoints < MAX_MARKED_POINTS; index += 1)
    if (plot.data[series][index] !== null) numPoints += 1;
  return numPoints < MAX_MARKED_POINTS;
}

const linearPaths = /** @type {import("../../vendor/uplot/uPlot.esm.js").Series.PathBuilder} */ (
  uPlot.paths.linear?.()
);

/**
 * Draw a line of many points as several thin lines, one pixel apart. Without a GPU, one wide stroke of a
 * jagged line takes ten times as long, which is more than a frame. As in uPlot, a pixel shows the lowest and
 * the highest of its values.
 * @type {import("../../vendor/uplot/uPlot.esm.js").Series.PathBuilder}
 */
function drawHairlines(plot, index, first, last) {
  const paths = linearPaths(plot, index, first, last);
  if (!(paths?.stroke instanceof Path2D) || last - first < MIN_HAIRLINE_POINTS) return paths;
  const number = Math.round((plot.series[index].width ?? 1) * devicePixelRatio);
  const stroke = new Path2D();
  for (let line = 0; line < number; line += 1)
    stroke.addPath(paths.stroke, new DOMMatrix([1, 0, 0, 1, 0, line - (number >> 1)]));
  return /** @type {typeof paths} */ ({ ...paths, stroke, _width: 1 / devicePixelRatio });
}

/** @param {string} color as rgb(...) @param {number} alpha */
const fade = (color, alpha) => color.replace("rgb(", "rgba(").replace(")", `, ${alpha})`);

/** Colour the area below a line, fading downwards. @param {string} color @returns {PlotSeries["fill"]} */
const makeFill = (color) => (plot) => {
  const { top, height } = plot.bbox;
  if (!height) return fade(color, 0.3); // the legend asks before the plot has its place
  const gradient = plot.ctx.createLinearGradient(0, top, 0, top + height);
  gradient.addColorStop(0, fade(color, 0.3));
  gradient.addColorStop(1, fade(color, 0));
  return gradient;
};

/**
 * @param {string} title of the chart
 * @param {Line} line
 * @param {number} width
 * @param {string} note after the label
 * @returns {PlotSeries}
 */
function makeSeries(title, line, width, note) {
  const stroke = resolveColor(`--line-${line.color}`);
  return {
    label: line.label + note,
    stroke: note ? fade(stroke, 0.35) : stroke,
    fill: line.isFilled && !note ? makeFill(stroke) : undefined,
    width,
    spanGaps: true,
    paths: drawHairlines,
    points: { show: showsPoints, size: 5 },
    value: (plot, value, index, pointIndex) =>
      formatMetric(title, pointIndex === null ? lastValue(plot.data[index]) : value),
  };
}

/**
 * @param {{title: string, xLabel: string, isLog: boolean, mark: Mark | null, lines: Line[], smoothing: number}} chart
 * @param {HTMLElement} container
 * @returns {Omit<Options, "width" | "height">}
 */
export function chartOptions({ title, xLabel, isLog, mark, lines, smoothing }, container) {
  const font = `12px ${getComputedStyle(container).fontFamily}`;
  const grid = { stroke: resolveColor("--border"), width: 1 };
  const axis = { stroke: resolveColor("--muted"), grid, ticks: grid, font };
  const unsmoothedSeries =
    smoothing > 0 ? lines.map((line) => makeSeries(title, line, 1, " as measured")) : [];
  return {
    scales: { x: { time: false, distr: isLog ? 3 : 1 } },
    axes: [
      {
        ...axis,
        ...(isLog ? LOG_AXIS : { incrs: INTEGER_INCREMENTS }),
        label: xLabel,
        labelSize: 18,
        labelFont: font,
        size: 34,
      },
      { ...axis, size: 62, values: (_, ticks) => ticks.map(formatNumber) },
    ],
    series: [
      {
        label: xLabel,
        value: (plot, step) => (isLog ? formatNumber : formatCount)(step ?? lastValue(plot.data[0])),
      },
      ...lines.map((line) => makeSeries(title, line, 2, "")),
      ...unsmoothedSeries,
    ],
    cursor: { drag: { x: true, y: false }, focus: { prox: 24 }, hover: { skip: [null] } },
    plugins: [makePanZoomPlugin(container), ...(mark ? [makeMarkPlugin(mark)] : [])],
  };
}
