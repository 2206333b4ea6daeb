// The page with the samples of one result.

import { findElement } from "./base/dom.js";
import { SamplesViewer } from "./samples/samples-viewer.js";

const place = findElement("#samples");
const { collection = "", name = "" } = place.dataset;
const order = collection === "models" || collection === "evaluations" ? "worst" : "position";
void new SamplesViewer(place, { collection, name, order }).load();
