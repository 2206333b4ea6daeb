// Files dropped on the page or chosen go to the service, with progress. Any number of tries: a file is whole there or absent.

import { API, ApiError, get } from "./api.js";
import { control, make, one } from "./dom.js";
import { freeName, plainName } from "./file-names.js";
import { bytes, percent } from "./format.js";

/**
 * Send one file.
 * @param {File} file
 * @param {string} name that it is stored under
 * @param {(share: number) => void} onProgress
 * @returns {Promise<{path: string, size_bytes: number}>}
 */
function send(file, name, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();  // fetch cannot tell how much of a body has been sent
    request.open("PUT", `${API}/uploads/${name}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / event.total));
    request.addEventListener("load", () => (request.status < 300 ? resolve(request.response) : reject(new ApiError(request.status, request.response?.error ?? {}))));
    request.addEventListener("error", () => reject(new ApiError(0, { message: "The upload was cut off.", hint: "Check the connection and try again." })));
    request.send(file);
  });
}

/**
 * Make a place take files: one after the other where its input says `multiple`, each under a name of its own, else the newest only.
 * While files are sent the place is aria-busy.
 * @param {HTMLElement} place
 * @param {(path: string, name: string) => void} onStored called with upload:<name>, and what the file was called
 */
export function takesFiles(place, onStored) {
  const input = control('input[type="file"]', place);
  const bar = one(".bar", place);
  const status = one('[role="status"]', place);
  const kinds = input.accept.split(",");
  /** @type {File[]} */
  const waiting = [];

  /** @param {File} file @returns {Promise<HTMLElement>} what became of it */
  async function take(file) {
    try {
      if (!kinds.some((kind) => file.name.toLowerCase().endsWith(kind))) throw new ApiError(0, { message: `${file.name} is of another kind: names end in ${kinds.join(", ")}.` });
      const taken = input.multiple ? (await get("/uploads")).uploads.map((/** @type {{name: string}} */ { name }) => name) : [];
      const stored = await send(file, freeName(plainName(file.name), new Set(taken)), (share) => {
        one("i", bar).style.width = `${share * 100}%`;
        bar.setAttribute("aria-valuenow", String(Math.round(share * 100)));
        status.textContent = `${file.name}: ${percent(share)} of ${bytes(file.size)}`;
      });
      onStored(stored.path, file.name);
      return make("div", {}, `${file.name} is stored (${bytes(stored.size_bytes)}).`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return make("div", { class: "field__error" }, [error.message, error.hint].filter(Boolean).join(" "));
    }
  }

  /** @param {File[]} files */
  async function takeAll(files) {
    waiting.push(...(input.multiple ? files : files.slice(0, 1)));
    place.classList.remove("drop--over");
    if (place.ariaBusy === "true" || !waiting.length) return;
    place.ariaBusy = "true";
    bar.hidden = false;
    const said = [];
    for (let file = waiting.shift(); file; file = waiting.shift()) said.push(await take(file));
    status.replaceChildren(...said);
    bar.hidden = true;
    input.value = "";
    place.ariaBusy = null;
  }
  input.addEventListener("change", () => void takeAll([...(input.files ?? [])]));
  for (const kind of ["dragenter", "dragover"]) place.addEventListener(kind, (event) => {
    event.preventDefault();
    place.classList.add("drop--over");
  });
  place.addEventListener("dragleave", () => place.classList.remove("drop--over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    void takeAll([...(event.dataTransfer?.files ?? [])]);
  });
}
