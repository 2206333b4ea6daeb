// The document that is asked about: a text that is typed, or files that are dropped or chosen. Nothing is uploaded
// before a model is asked.

import { findElement, findInput, makeElement, makeIcon } from "../base/dom.js";
import { formatBytes } from "../base/format.js";

/** @typedef {{type: "text", text: string} | {type: "image_url", image_url: {url: string}} | {type: "file", file: {file_data: string, filename: string}}} Part */

const MAX_BYTES = 40 * 2 ** 20;
const TEXT = /\.(txt|md)$/i;
const PDF = /\.pdf$/i;
const PICTURE = /\.(png|jpe?g|webp|bmp|tiff?)$/i;
const MEDIA = /** @type {Record<string, string>} */ ({ jpg: "jpeg", tif: "tiff" });

/** The document, as parts of a message. */
export class DocumentInput {
  /** @type {File[]} */
  #files = [];
  #text = /** @type {HTMLTextAreaElement} */ (/** @type {unknown} */ (findInput("#document-text")));
  #list = findElement("#chosen-files");

  /** @param {(message: string) => void} onRefused called with why a file is not taken, or what it replaces */
  constructor(onRefused) {
    const drop = findElement("#document");
    const input = findInput("input", drop);
    const take = (/** @type {FileList | null | undefined} */ files) => {
      const refusals = [...(files ?? [])].map((file) => this.#add(file)).filter(Boolean);
      onRefused(refusals.join(" "));
      input.value = "";
      drop.classList.remove("drop--over");
      this.#show();
    };
    input.addEventListener("change", () => take(input.files));
    for (const kind of ["dragenter", "dragover"])
      drop.addEventListener(kind, (event) => {
        event.preventDefault();
        drop.classList.add("drop--over");
      });
    drop.addEventListener("dragleave", () => drop.classList.remove("drop--over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      take(event.dataTransfer?.files);
    });
    window.addEventListener("paste", (event) => {
      if (event.clipboardData?.files.length) take(event.clipboardData.files);
    });
    findElement("#use-example").addEventListener("click", (event) => {
      this.#files = [];
      this.#show();
      this.#text.value = /** @type {HTMLElement} */ (event.currentTarget).dataset.text ?? "";
    });
  }

  get name() {
    return this.#files.map(({ name }) => name).join(", ") || `${this.#text.value.trim().slice(0, 60)}…`;
  }

  /** @returns {Promise<Part[]>} empty: there is no document */
  async parts() {
    if (this.#files.length) return Promise.all(this.#files.map(readPart));
    const text = this.#text.value.trim();
    return text ? [{ type: "text", text }] : [];
  }

  /** @param {File} file @returns {string} why it is not taken, or what it replaces; empty: neither */
  #add(file) {
    if (file.size > MAX_BYTES)
      return `${file.name} has ${formatBytes(file.size)}; at most ${formatBytes(MAX_BYTES)} are read here.`;
    if (![TEXT, PDF, PICTURE].some((kind) => kind.test(file.name)))
      return `${file.name} is no picture, PDF or text.`;
    const isPage = !TEXT.test(file.name);
    // Texts beside pages would be the prompt: a text is a document of its own.
    const others = this.#files.filter(({ name }) => isPage && !TEXT.test(name));
    const replaced = this.#files.filter((other) => !others.includes(other)).map(({ name }) => name);
    this.#files = [...others, file];
    return replaced.length
      ? `${file.name} replaces ${replaced.join(", ")}: a text is a document of its own, pages are another.`
      : "";
  }

  #show() {
    this.#list.replaceChildren(...this.#files.map((file) => this.#makeItem(file)));
    this.#list.hidden = !this.#files.length;
    findElement("#text-field").hidden = this.#files.length > 0;
  }

  /** @param {File} file */
  #makeItem(file) {
    const attributes = { type: "button", class: "button button--small button--plain" };
    const remove = makeElement(
      "button",
      { ...attributes, "aria-label": `Leave out ${file.name}` },
      "Leave out",
    );
    remove.addEventListener("click", () => {
      this.#files = this.#files.filter((other) => other !== file);
      this.#show();
    });
    const size = makeElement("span", { class: "muted" }, ` ${formatBytes(file.size)}`);
    const name = makeElement("span", { class: "grow" }, file.name, size);
    return makeElement("li", { class: "row small" }, makeIcon("icon-page"), name, remove);
  }
}

/** @param {File} file @returns {Promise<Part>} */
async function readPart(file) {
  if (TEXT.test(file.name)) return { type: "text", text: await file.text() };
  const bytes = await readBase64(file);
  if (PDF.test(file.name))
    return { type: "file", file: { file_data: `data:application/pdf;base64,${bytes}`, filename: file.name } };
  const ending = file.name.split(".").at(-1)?.toLowerCase() ?? "";
  return { type: "image_url", image_url: { url: `data:image/${MEDIA[ending] ?? ending};base64,${bytes}` } };
}

/** @param {File} file @returns {Promise<string>} */
function readBase64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result).replace(/^[^,]*,/, "")));
    reader.addEventListener("error", () => reject(new Error(`${file.name} cannot be read.`)));
    reader.readAsDataURL(file);
  });
}
