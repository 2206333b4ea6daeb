// A page image that opens at full size in a dialog.

import { makeElement } from "../base/dom.js";

/** @param {string} address @param {string} text description of the image */
export function makeZoomableImage(address, text) {
  const button = makeElement(
    "button",
    { type: "button", class: "page-thumb", "aria-label": `${text}, open at full size` },
    makeElement("img", { src: address, alt: "", loading: "lazy" }),
  );
  button.addEventListener("click", () => openZoomDialog(address, text));
  return button;
}

/** @param {string} address @param {string} text */
function openZoomDialog(address, text) {
  const image = makeElement("img", { src: address, alt: text });
  const size = makeElement(
    "button",
    { type: "button", class: "button button--small", "aria-pressed": "false" },
    "Actual size",
  );
  const close = makeElement("button", { type: "button", class: "button button--small" }, "Close");
  const dialog = /** @type {HTMLDialogElement} */ (
    makeElement(
      "dialog",
      { class: "zoom", "aria-label": text },
      makeElement(
        "div",
        { class: "row row--apart" },
        makeElement("strong", {}, text),
        makeElement("span", { class: "row" }, size, close),
      ),
      makeElement(
        "div",
        { class: "zoom__view", tabindex: "0", role: "region", "aria-label": "Page, scrollable" },
        image,
      ),
    )
  );
  size.addEventListener("click", () =>
    size.setAttribute("aria-pressed", String(dialog.classList.toggle("zoom--actual"))),
  );
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
