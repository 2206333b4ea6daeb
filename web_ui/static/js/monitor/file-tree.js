// The files of a job as a tree: folders that open and close, each with its number of files and its size.

import { findElements, makeElement } from "../base/dom.js";
import { formatBytes, formatCount } from "../base/format.js";

/** @typedef {import("../base/api-types.js").StoredFile} Artifact a file of a job, or of something stored */
/** @typedef {[string[], Artifact][]} Branch each file with the rest of its path, below the folder of the branch */

/**
 * Draw files into a container. A folder that is open there stays open.
 * @param {Element} container
 * @param {Artifact[]} files
 */
export function makeFileTree(container, files) {
  const openFolders = new Set(findElements("details[open]", container).map(({ dataset }) => dataset.folder));
  const tree = makeList(
    "",
    files.map((file) => [file.path.split("/"), file]),
  );
  for (const folder of findElements("details", tree))
    folder.toggleAttribute("open", openFolders.has(folder.dataset.folder));
  return tree;
}

/**
 * @param {string} place path of the folder, with a slash at its end
 * @param {Branch} branch
 * @returns {HTMLElement}
 */
function makeList(place, branch) {
  /** @type {Map<string, Branch>} */
  const folders = new Map();
  for (const [[first, ...rest], file] of branch)
    if (rest.length) folders.set(first, [...(folders.get(first) ?? []), [rest, file]]);
  const files = branch.filter(([path]) => path.length === 1);
  return makeElement(
    "ul",
    { class: "file-tree" },
    ...[...folders].map(([name, below]) =>
      makeElement("li", {}, makeFolder(name, `${place}${name}/`, below)),
    ),
    ...files.map(([[name], file]) =>
      makeElement(
        "li",
        { class: "row row--apart" },
        makeElement("a", { href: file.url, download: true }, name),
        makeElement("span", { class: "numbers" }, formatBytes(file.size_bytes)),
      ),
    ),
  );
}

/** @param {string} name @param {string} place its path @param {Branch} below */
function makeFolder(name, place, below) {
  const sizeBytes = below.reduce((sum, [, file]) => sum + file.size_bytes, 0);
  const numFiles = `${formatCount(below.length)} ${below.length === 1 ? "file" : "files"}`;
  return makeElement(
    "details",
    { "data-folder": place },
    makeElement(
      "summary",
      {},
      `${name}/ `,
      makeElement("span", { class: "muted small numbers" }, `${numFiles}, ${formatBytes(sizeBytes)}`),
    ),
    makeList(place, below),
  );
}
