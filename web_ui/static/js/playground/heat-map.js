// Where the model looked for a word: a map over each page, drawn over its picture.

import { makeElement } from "../base/dom.js";

const OPAQUE = 0.78;

/** A canvas over a page. */
export class HeatMap {
  element = /** @type {HTMLCanvasElement} */ (
    makeElement("canvas", { class: "heat-map", "aria-hidden": "true" })
  );

  /** @param {string} values one byte for each vision token, row by row, in base64 */
  draw(values) {
    const bytes = Uint8Array.from(atob(values), (character) => character.charCodeAt(0));
    const side = Math.round(Math.sqrt(bytes.length));
    this.element.width = this.element.height = side;
    const context = this.element.getContext("2d");
    if (!context) return;
    const image = context.createImageData(side, side);
    bytes.forEach((value, index) => image.data.set([99, 71, 237, value * OPAQUE], index * 4));
    context.putImageData(image, 0, 0);
    this.element.classList.add("heat-map--shown");
  }

  hide() {
    this.element.classList.remove("heat-map--shown");
  }
}
