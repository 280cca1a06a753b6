"use strict";
// The runs of the page and their compressed pages, which are opened when first asked for.

const runs = [...document.querySelectorAll("section.run")].map((section) => ({
  id: section.id,
  section,
  ...JSON.parse(document.getElementById(`${section.id}-data`).textContent),
}));
for (const run of runs) {
  run.metric = Object.fromEntries(run.metrics.map((metric) => [metric.name, metric]));
  run.names = Object.keys(run.models);
}

const opened = new Map();

function page(id) {
  if (!opened.has(id)) opened.set(id, inflate(document.getElementById(id).textContent));
  return opened.get(id);
}

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

// The pages of models are numbered in the order in which the summary names them: by name.
const modelPage = (run, model) => page(`${run.id}-model-${run.names.indexOf(model)}`);

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role" || name === "for") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

function formatted(metric, value, signed = false) {
  if (value === null || value === undefined || Number.isNaN(value)) return "\u2013";
  const decimals = metric.rate ? metric.digits - 2 : metric.digits;
  const rounded = Number((metric.rate ? 100 * value : value).toFixed(decimals)) + 0;
  return (signed && rounded > 0 ? "+" : "") + rounded.toFixed(decimals) + (metric.rate ? " %" : "");
}

// DataTables has a dark side of its own, which hangs on a class.
const dark = matchMedia("(prefers-color-scheme: dark)");
const toned = () => document.documentElement.classList.toggle("dark", dark.matches);
dark.addEventListener("change", toned);
toned();

const titled = (metric) => metric.label + (metric.unit ? ` (${metric.unit})` : "");

function kindOrder(run, one, other) {
  const kinds = ["systems", "controls", "oracles"];
  return kinds.indexOf(run.models[one].kind) - kinds.indexOf(run.models[other].kind) || (one < other ? -1 : 1);
}
