// Zooms and pans a chart within the range of its data, by wheel, trackpad, touch and keys. Zooming by
// dragging is part of uPlot.

/** @typedef {import("../../vendor/uplot/uPlot.esm.js")} Plot */
/**
 * @typedef {{factor?: number, at?: number, shift?: number}} Move scale the visible range by `factor` around
 *   `at`, then move it by `shift`; both as shares of the visible width
 */

const WHEEL_STEP = 0.002;
/** @type {Record<string, Move>} */
const KEYS = {
  "+": { factor: 0.5 },
  "=": { factor: 0.5 },
  "-": { factor: 2 },
  0: { factor: Infinity },
  ArrowLeft: { shift: -0.2 },
  ArrowRight: { shift: 0.2 },
};

/**
 * @param {[number, number]} visible lowest and highest visible value
 * @param {Move} move
 * @param {[number, number]} data lowest and highest value of the data
 * @param {number} narrowest smallest visible width
 * @returns {[number, number]}
 */
export function moveRange([min, max], { factor = 1, at = 0.5, shift = 0 }, [first, last], narrowest = 0) {
  const width = Math.min(Math.max((max - min) * factor, narrowest), last - first);
  const from = min + (max - min - width) * at + width * shift;
  const kept = Math.min(Math.max(from, first), last - width);
  return [kept, kept + width];
}

/** @param {Plot} plot @param {Move} move @returns {boolean} whether the chart moved */
function applyMove(plot, move) {
  const { min: low, max: high } = plot.scales.x;
  const steps = plot.data[0];
  const ends = /** @type {[number, number]} */ ([steps[0], steps[steps.length - 1]]);
  if (low === undefined || high === undefined || low === null || high === null || steps.length < 3)
    return false;
  if (!move.factor && low <= ends[0] && high >= ends[1]) return false;
  const [min, max] = moveRange([low, high], move, ends, (2 * (ends[1] - ends[0])) / (steps.length - 1));
  plot.setScale("x", { min, max });
  return true;
}

/** @param {Plot} plot @param {WheelEvent} event */
function handleWheel(plot, event) {
  const width = plot.over.clientWidth;
  const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY;
  // A pinch on a trackpad arrives as a wheel event with Ctrl.
  const move = event.ctrlKey
    ? { factor: Math.exp(event.deltaY * WHEEL_STEP * 4), at: event.offsetX / width }
    : { shift: sideways / width };
  if (applyMove(plot, move)) event.preventDefault();
}

/** One finger pans, two zoom; the point under the fingers stays under them. @param {Plot} plot */
function handleTouch(plot) {
  /** @type {Map<number, number>} */
  const fingers = new Map();
  const middle = () => [...fingers.values()].reduce((sum, x) => sum + x, 0) / fingers.size;
  const spread = () => Math.max(...fingers.values()) - Math.min(...fingers.values());
  plot.over.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "touch") fingers.set(event.pointerId, event.offsetX);
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel"]))
    plot.over.addEventListener(end, (event) => fingers.delete(event.pointerId));
  plot.over.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const [middleBefore, spreadBefore, width] = [middle(), spread(), plot.over.clientWidth];
    fingers.set(event.pointerId, event.offsetX);
    const factor = fingers.size > 1 && spread() > 0 ? spreadBefore / spread() : undefined;
    applyMove(plot, { factor, at: middleBefore / width, shift: (middleBefore - middle()) / width });
  });
}

/**
 * @param {HTMLElement} container that receives the keys
 * @returns {import("../../vendor/uplot/uPlot.esm.js").Plugin}
 */
export function makePanZoomPlugin(container) {
  return {
    hooks: {
      ready(plot) {
        plot.over.addEventListener("wheel", (event) => handleWheel(plot, event), { passive: false });
        handleTouch(plot);
        container.onkeydown = (event) => {
          const move = event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS[event.key];
          if (move && applyMove(plot, move)) event.preventDefault();
        };
      },
    },
  };
}
