// Marks one value of the horizontal axis: a line over the height of the chart, with a label.

import { makeElement } from "../base/dom.js";

/** @typedef {import("../../vendor/uplot/uPlot.esm.js")} Plot */
/** @typedef {{at: number, label: string}} Mark `at`: value on the horizontal axis */

/**
 * @param {Mark} mark
 * @returns {import("../../vendor/uplot/uPlot.esm.js").Plugin}
 */
export function makeMarkPlugin({ at, label }) {
  const line = makeElement("div", { class: "chart__mark" }, makeElement("span", {}, label));
  return {
    hooks: {
      ready: (plot) => void plot.over.append(line),
      draw(plot) {
        const share = plot.valToPos(at, "x") / plot.over.clientWidth;
        line.hidden = !(share >= 0 && share <= 1);
        line.classList.toggle("chart__mark--right", share > 0.5);
        line.style.left = `${share * 100}%`;
      },
    },
  };
}
