// The frame of the samples viewer: tools, list, steps from sample to sample, and the open one.

import { makeElement } from "../base/dom.js";

/** @typedef {ReturnType<typeof makeViewerParts>} ViewerParts */

/** Make the parts that stay while the samples in them change. @param {string} page address of the samples */
export function makeViewerParts(page) {
  const back = makeElement("button", { type: "button", class: "button button--small" }, "Previous");
  const on = makeElement("button", { type: "button", class: "button button--small" }, "Next");
  const place = makeElement("span", { class: "muted small numbers" });
  const link = makeElement("a", { class: "small", href: page }, "Link to this sample");
  return {
    search: makeElement("div", { class: "samples__search" }),
    tools: makeElement("div", { class: "samples__choices" }),
    count: makeElement("p", { class: "muted small numbers", role: "status" }),
    list: makeElement("div", { class: "samples__list" }),
    steps: makeElement("div", { class: "samples__steps row" }, back, on, place, link),
    detail: makeElement("article", { class: "sample-detail", "aria-label": "Sample" }),
    back,
    on,
    place,
    link,
  };
}

/** @param {ViewerParts} parts */
export const layOutViewer = ({ search, tools, count, list, steps, detail }) =>
  makeElement(
    "div",
    { class: "samples" },
    makeElement("div", { class: "samples__tools" }, search, tools),
    makeElement(
      "div",
      { class: "samples__body" },
      makeElement("div", { class: "samples__side" }, count, list),
      makeElement("div", { class: "samples__main" }, steps, detail),
    ),
  );
