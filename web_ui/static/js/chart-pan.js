// Moves a zoomed chart sideways with the wheel or two fingers, within what was measured.

/**
 * @param {number} min of what is seen
 * @param {number} max
 * @param {number} shift
 * @param {[number, number]} range of what was measured
 * @returns {{min: number, max: number}}
 */
export function panned(min, max, shift, [first, last]) {
  const kept = Math.min(Math.max(shift, first - min), last - max);
  return { min: min + kept, max: max + kept };
}

/** @returns {import("../vendor/uplot/uPlot.esm.js").Plugin} */
export function panByWheel() {
  return {
    hooks: {
      ready(plot) {
        plot.over.addEventListener("wheel", (event) => {
          const { min, max } = plot.scales.x;
          const steps = plot.data[0];
          const [first, last] = [steps[0], steps[steps.length - 1]];
          if (min === undefined || max === undefined || min === null || max === null || (min <= first && max >= last)) return;
          event.preventDefault();
          const moved = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY;
          plot.setScale("x", panned(min, max, ((max - min) * moved) / plot.over.clientWidth, [first, last]));
        }, { passive: false });
      },
    },
  };
}
