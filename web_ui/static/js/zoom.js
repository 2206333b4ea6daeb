// A page image that opens at full size in a dialog.

import { make } from "./dom.js";

/** @param {string} address @param {string} text what the picture shows */
export function zoomable(address, text) {
  const button = make("button", { type: "button", class: "page-thumb", "aria-label": `${text}, open at full size` }, make("img", { src: address, alt: "", loading: "lazy" }));
  button.addEventListener("click", () => openZoom(address, text));
  return button;
}

/** @param {string} address @param {string} text */
function openZoom(address, text) {
  const image = make("img", { src: address, alt: text });
  const size = make("button", { type: "button", class: "button button--small", "aria-pressed": "false" }, "Actual size");
  const close = make("button", { type: "button", class: "button button--small" }, "Close");
  const dialog = /** @type {HTMLDialogElement} */ (make("dialog", { class: "zoom", "aria-label": text },
    make("div", { class: "row row--apart" }, make("strong", {}, text), make("span", { class: "row" }, size, close)),
    make("div", { class: "zoom__view", tabindex: "0", role: "region", "aria-label": "Page, scrollable" }, image)));
  size.addEventListener("click", () => size.setAttribute("aria-pressed", String(dialog.classList.toggle("zoom--actual"))));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
