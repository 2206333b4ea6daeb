// Shows the estimated memory of a training beside that of this machine's GPU, or beside usual GPU sizes.

import { fillSlots, findElement, makeElement } from "../base/dom.js";
import { formatCompact } from "../base/format.js";
import { describePages } from "../base/page-modes.js";

/** @typedef {{name: string, memory_total_gb: number} | undefined} Gpu undefined: this machine has none */
/** @typedef {import("../base/api-types.js").MemoryEstimate} MemoryEstimate */

const PARTS = /** @type {const} */ ([
  "weights",
  "gradients",
  "optimizer",
  "activations",
  "encoder",
  "runtime",
]);

/** @param {MemoryEstimate} estimate @param {Gpu} gpu */
export function showMemory(estimate, gpu) {
  const container = findElement("#memory");
  const total = estimate.total_gb;
  const fits = !gpu || total <= gpu.memory_total_gb;
  const share = gpu ? Math.min(1, total / gpu.memory_total_gb) : 0;
  fillSlots(container, {
    need: `${total.toFixed(1)} GB`,
    against: gpu ? `of ${gpu.memory_total_gb.toFixed(0)} GB on the ${gpu.name}` : "No GPU was found here",
    trained: `${formatCompact(estimate.num_trainable_parameters)} of ${formatCompact(estimate.num_parameters)} parameters`,
    pages: `${estimate.num_pages === 1 ? "one" : `up to ${estimate.num_pages}`} ${describePages(estimate.mode, estimate.num_pages)} a sample`,
  });
  const bar = /** @type {HTMLProgressElement} */ (findElement(".bar", container));
  bar.hidden = !gpu;
  bar.className = `bar ${fits ? (share > 0.9 ? "bar--warn" : "bar--ok") : "bar--bad"}`;
  bar.value = share;
  findElement("#memory-warning").hidden = fits;
  const sizes = gpu
    ? []
    : Object.entries(estimate.fits).map(([size, does]) =>
        makeElement("span", { class: "badge badge--info" }, `${size} GB: ${does ? "fits" : "too small"}`),
      );
  findElement("#memory-sizes").replaceChildren(...sizes);
  findElement("#memory-parts").replaceChildren(
    ...PARTS.flatMap((part) => [
      makeElement("dt", {}, part),
      makeElement("dd", {}, `${estimate[`${part}_gb`].toFixed(2)} GB`),
    ]),
  );
}
