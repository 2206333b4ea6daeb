// The words for pages of a mode. A model may have the same name as a mode, so both are named as what they are.

/** Mode -> width of its pages in pixels, as data/page_modes.py has them. @type {Record<string, number>} */
const SIZES_PX = JSON.parse(document.body.dataset.pageSizes ?? "{}");

/** The width of the pages of a mode; of an unknown one, that of base pages. @param {string | null} mode */
export const pageSizePx = (mode) => SIZES_PX[mode ?? "base"] ?? SIZES_PX.base;

/** @param {string | null} mode null: unknown @param {number} [num] of pages */
export const describePages = (mode, num = 2) =>
  `${num === 1 ? "page" : "pages"} of ${mode ? `${SIZES_PX[mode]} px (mode ${mode})` : "unknown size"}`;
