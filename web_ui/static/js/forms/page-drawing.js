// A drawing of pages of one mode: larger pages hold more and finer lines, and pages that are read together lie on each
// other.

import { makeShape } from "../base/dom.js";
import { pageSizePx } from "../base/page-modes.js";

const WIDTH = 180;
const HEIGHT = 96;
const LARGEST_PX = 1280;
const STEP = 9;
/** Of the lines of a paragraph, as shares of the full width. */
const LINE_SHARES = [0.96, 1, 0.93, 0.98, 0.55];

/**
 * Draw the tops of pages.
 * @param {string | null} mode of the pages
 * @param {number} num of pages
 */
export function drawPages(mode, num) {
  const size = pageSizePx(mode) / LARGEST_PX;
  const side = 56 + 64 * size;
  const drawing = makeShape("svg", {
    class: "page-drawing",
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "xMidYMax meet",
    "aria-hidden": "true",
  });
  const spread = (num - 1) * STEP;
  for (let index = num - 1; index >= 0; index -= 1) {
    const left = (WIDTH - side - spread) / 2 + index * STEP;
    drawing.append(drawPage(left, 10 + ((num - 1 - index) * spread) / (num * 3), side, size, index === 0));
  }
  return drawing;
}

/**
 * @param {number} left
 * @param {number} top
 * @param {number} side
 * @param {number} size of its mode, 0 to 1
 * @param {boolean} isWritten whether its text shows
 */
function drawPage(left, top, side, size, isWritten) {
  const page = makeShape("g", { transform: `translate(${left} ${top})` });
  page.append(makeShape("rect", { class: "page-drawing__paper", width: side, height: side, rx: 3 }));
  if (!isWritten) return page;
  const step = 13 - 6 * size;
  const margin = 8;
  for (let line = 0; margin + line * step < side; line += 1) {
    const share = LINE_SHARES[line % LINE_SHARES.length];
    page.append(
      makeShape("rect", {
        class: line === 0 ? "page-drawing__title" : "page-drawing__line",
        x: margin,
        y: margin + line * step,
        width: (side - 2 * margin) * (line === 0 ? 0.6 : share),
        height: step * 0.42,
        rx: step * 0.2,
      }),
    );
  }
  return page;
}
