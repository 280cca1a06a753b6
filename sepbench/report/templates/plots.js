// Plots by Vega-Lite. Every one is drawn from data alone; texts of models and metrics never become part of a formula.

const PALETTE = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b58500", "#56b4e9"];
const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right"];
const DASHES = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3]];

function look() {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const [text, line, dim] = ["--text", "--line", "--dim"].map(colour);
  const axis = { labelColor: text, titleColor: text, domainColor: dim, tickColor: dim, gridColor: line };
  return {
    background: null,
    font: "system-ui, sans-serif",
    view: { stroke: null },
    axis: { ...axis, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelLimit: 220 },
    legend: { labelColor: text, titleColor: text, labelFontSize: 12, labelLimit: 220, orient: "bottom", columns: 3 },
    text: { color: text, fontSize: 12 },
    rule: { color: dim },
  };
}

async function drawn(figure, spec) {
  const place = figure.querySelector(".vega");
  const full = { $schema: undefined, width: "container", ...spec, config: look() };
  // Expressions are interpreted, since the page's policy compiles no text to code.
  await vegaEmbed(place, full, { actions: false, renderer: "svg", mode: "vega-lite", ast: true });
  place.dataset.drawn = "yes";
}

const scaleOf = (models) => ({
  color: { field: "model", type: "nominal", title: null, scale: { domain: models, range: cycle(PALETTE, models) } },
  shape: { field: "model", type: "nominal", title: null, scale: { domain: models, range: cycle(SHAPES, models) } },
});
const cycle = (range, models) => models.map((_, i) => range[i % range.length]);
const shown = (run) => run.names.filter((name) => run.models[name].kind !== "controls").sort((a, b) => kindOrder(run, a, b));

const COSTS = { gmacs: "GMACs per second of audio", parameters: "parameters (millions)", rtf: "real-time factor" };

// The systems that no other beats in both: none is as cheap and better.
function front(points, higher) {
  const better = (one, other) => (higher ? one > other : one < other);
  const sorted = [...points].sort((a, b) => a.cost - b.cost || (better(a.value, b.value) ? -1 : 1));
  return sorted.filter((point, i) => sorted.slice(0, i).every((cheaper) => better(point.value, cheaper.value)));
}

function costPlot(run, metric, cost) {
  const points = run.names
    .filter((name) => run.models[name].kind === SYSTEMS && run.models[name].cost[cost] > 0)
    .map((model) => ({ model, cost: run.models[model].cost[cost], value: run.models[model].values[metric.name][0] }))
    .filter((point) => point.value !== null);
  if (!points.length) return null;
  const comparable = points.filter((point) => !(metric.name in run.models[point.model].unranked));
  for (const point of points) point.note = comparable.includes(point) ? "ranked" : "not comparable by this metric";
  const x = { field: "cost", type: "quantitative", scale: { type: "log" }, title: `${COSTS[cost]}, logarithmic` };
  const y = { field: "value", type: "quantitative", scale: { zero: false }, title: titled(metric) };
  const frontier = front(comparable, metric.better !== "lower");
  const tooltip = ["model", "cost", "value", "note"].map((field) => ({ field }));
  const opacity = { condition: { test: "datum.note === 'ranked'", value: 1 }, value: 0.4 };
  return {
    height: 280,
    layer: [
      { data: { values: frontier }, mark: { type: "line", interpolate: "step-after", strokeDash: [4, 3] }, encoding: { x, y } },
      { data: { values: points }, mark: { type: "point", filled: true, size: 90 }, encoding: { x, y, tooltip, opacity } },
      { data: { values: points }, mark: { type: "text", align: "left", dx: 8, dy: -6 }, encoding: { x, y, text: { field: "model" } } },
    ],
  };
}

const lowEnd = (value) => Number.parseFloat(value.split("..")[0]);
const byEnd = (a, b) => (Number.isNaN(lowEnd(a)) ? (a < b ? -1 : 1) : lowEnd(a) - lowEnd(b));

async function slicePlot(run, metric, slice, title) {
  const parts = (await page(`${run.id}-slices`))[slice] ?? {};
  const order = Object.keys(parts).sort(byEnd);
  const models = shown(run);
  const points = order.flatMap((part) => models.map((model) => [part, model, parts[part][metric.name]?.[model]]))
    .filter(([, , entry]) => entry && entry[0] !== null)
    .map(([part, model, [value, low, high, n]]) => ({ part: part.replace("..", " to "), model, value, low: low ?? value, high: high ?? value, n }));
  if (order.length < 2 || !points.length) return null;
  const sort = order.map((part) => part.replace("..", " to "));
  const x = { field: "part", type: "ordinal", sort, title, axis: { labelAngle: order.length > 8 ? -40 : 0 } };
  const xOffset = { field: "model", sort: models };
  const { color, shape } = scaleOf(models);
  const y = { field: "value", type: "quantitative", scale: { zero: false }, title: titled(metric) };
  const tooltip = ["model", "part", "value", "low", "high", "n"].map((field) => ({ field }));
  const strokeDash = { field: "model", title: null, scale: { domain: models, range: cycle(DASHES, models) } };
  return {
    height: 260,
    data: { values: points },
    layer: [
      { mark: { type: "line", opacity: 0.6 }, encoding: { x, xOffset, y, color, strokeDash } },
      { mark: "rule", encoding: { x, xOffset, y: { ...y, field: "low" }, y2: { field: "high" }, color } },
      { mark: { type: "point", filled: true, size: 55 }, encoding: { x, xOffset, y, color, shape, tooltip } },
    ],
  };
}

async function spreadPlot(run, metric, cuts) {
  if (!run.items) return null;
  const index = await page(`${run.id}-items`);
  const places = passing(index, cuts);
  const models = [...run.names].sort((a, b) => kindOrder(run, a, b));
  const boxes = [];
  for (const model of models) {
    const sorted = valuesAt(metric, await modelPage(run, model), places).values.sort((a, b) => a - b);
    if (!sorted.length) continue;
    const [p5, q1, median, q3, p95] = [0.05, 0.25, 0.5, 0.75, 0.95].map((share) => quantile(sorted, share));
    boxes.push({ model, kind: run.models[model].kind, least: sorted[0], p5, q1, median, q3, p95, most: sorted.at(-1), n: sorted.length });
  }
  if (!boxes.length) return null;
  const y = { field: "model", type: "nominal", sort: models, title: null };
  const x = (field) => ({ field, type: "quantitative", scale: { zero: false }, title: titled(metric) });
  const tooltip = Object.keys(boxes[0]).map((field) => ({ field }));
  const color = { field: "kind", type: "nominal", title: null, scale: { domain: ["systems", "controls", "oracles"], range: PALETTE } };
  const ends = ["least", "most"].map((field) => ({ mark: { type: "point", size: 18 }, encoding: { y, x: x(field), color } }));
  return {
    height: 24 * boxes.length,
    data: { values: boxes },
    layer: [
      { mark: "rule", encoding: { y, x: x("p5"), x2: { field: "p95" }, color } },
      { mark: { type: "bar", height: 13 }, encoding: { y, x: x("q1"), x2: { field: "q3" }, color, tooltip } },
      { mark: { type: "tick", color: "#fff", thickness: 2, size: 13 }, encoding: { y, x: x("median") } },
      ...ends,
    ],
  };
}

async function matrixPlot(run, metric) {
  const pairs = (await page(`${run.id}-tests`))[metric.name] ?? [];
  if (!pairs.length) return null;
  const cells = pairs.flatMap(([one, other, difference, low, high, p, n]) => {
    const apart = p < 0.05;
    const sign = metric.better === "lower" ? -1 : 1;
    const verdict = (gain) => (!apart ? "tied" : sign * gain > 0 ? "better" : "worse");
    const text = (gain) => formatted(metric, gain, true);
    const interval = (a, b) => (low === null ? "" : `${text(a)} to ${text(b)}`);
    return [
      { model: one, than: other, difference: text(difference), interval: interval(low, high), verdict: verdict(difference), p, n },
      { model: other, than: one, difference: text(-difference), interval: interval(-high, -low), verdict: verdict(-difference), p, n },
    ];
  });
  const value = (model) => run.models[model].values[metric.name][0];
  const sign = metric.better === "lower" ? 1 : -1;
  const sort = [...new Set(cells.map((cell) => cell.model))].sort((a, b) => sign * (value(a) - value(b)));
  const axis = { type: "nominal", sort };
  const color = { field: "verdict", type: "nominal", title: null, scale: { domain: ["better", "tied", "worse"], range: ["#0072b2", "#8a8f98", "#d55e00"] } };
  const tooltip = ["model", "than", "verdict", "difference", "interval", "p", "n"].map((field) => ({ field }));
  const base = { y: { field: "model", ...axis, title: null }, x: { field: "than", ...axis, title: "than", axis: { labelAngle: -30, labelLimit: 120 } } };
  return {
    height: (sort.length > 10 ? 22 : 34) * sort.length,
    data: { values: cells },
    layer: [
      { mark: { type: "rect", stroke: "#fff8" }, encoding: { ...base, color, tooltip } },
      ...(sort.length > 8 ? [] : [{ mark: { type: "text", color: "#fff" }, encoding: { ...base, text: { field: "difference" } } }]),
    ],
  };
}

async function showPlots(run) {
  const metric = chosenMetric(run);
  if (!metric) return;
  const figure = (name) => run.section.querySelector(`figure[data-plot="${name}"]`);
  const specs = {
    cost: costPlot(run, metric, state.get("cost") || "gmacs"),
    snr: await slicePlot(run, metric, "snr_bin", "SNR of the item in its mixture (dB)"),
    sources: await slicePlot(run, metric, "source_count", "number of sources in the mixture"),
    wording: (await slicePlot(run, metric, "variant", "variant of the same query")) ?? (await slicePlot(run, metric, "kind", "kind of query")),
    matrix: await matrixPlot(run, metric),
    spread: await spreadPlot(run, metric, chosenCuts()),
  };
  for (const [name, spec] of Object.entries(specs)) figure(name).hidden = !spec;  // all first: they share the width
  for (const [name, spec] of Object.entries(specs)) if (spec) await drawn(figure(name), spec);
  for (const label of run.section.querySelectorAll(".plotted")) label.textContent = titled(metric);
}
