// A small curve without axes, for a row of a table.

import { makeShape } from "../base/dom.js";

const WIDTH = 96;
const HEIGHT = 22;
const MARGIN = 2;

/**
 * Return the corners of a curve in the box of a sparkline, as SVG writes them.
 * @param {number[]} steps ascending
 * @param {number[]} values
 */
export function sparklinePoints(steps, values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [first, last] = [steps[0], steps[steps.length - 1]];
  const at = (/** @type {number} */ share, /** @type {number} */ size) =>
    (MARGIN + share * (size - 2 * MARGIN)).toFixed(1);
  return values
    .map((value, index) => {
      const x = last > first ? (steps[index] - first) / (last - first) : 1;
      const y = high > low ? (high - value) / (high - low) : 0.5;
      return `${at(x, WIDTH)},${at(y, HEIGHT)}`;
    })
    .join(" ");
}

/**
 * Make a small curve, with a dot at its end.
 * @param {number[]} steps ascending, at least one
 * @param {number[]} values
 * @param {string} label what it shows, for screen readers and as its title
 */
export function makeSparkline(steps, values, label) {
  const points = sparklinePoints(steps, values);
  const [x, y] = points.slice(points.lastIndexOf(" ") + 1).split(",");
  const picture = makeShape("svg", {
    class: "sparkline",
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": label,
  });
  picture.append(
    makeShape("title", {}, label),
    makeShape("polyline", { points }),
    makeShape("circle", { cx: x, cy: y, r: 1.8 }),
  );
  return picture;
}
