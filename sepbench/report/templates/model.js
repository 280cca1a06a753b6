// One model's page: facts, best and worst items, failures with their reasons, a table of classes.

const SHOWN_ITEMS = 10;

function textTable(caption, heads, rows) {
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col", textContent: text })));
  const lines = rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell))));
  const table = element("table", { className: "text" }, element("caption", { textContent: caption }), element("thead", {}, head), element("tbody", {}, ...lines));
  return element("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": caption }, table);
}

const titledPart = (title, ...children) => element("section", {}, element("h3", { textContent: title }), ...children);
const itemLink = (item) => element("a", { href: "#", textContent: item, "data-item": item });

async function modelView(run, name) {
  const model = run.models[name];
  const metric = chosenMetric(run);
  const facts = element("p", { className: "lead", textContent: `${model.title}. ${model.paradigm}; revision ${model.revision}` });
  const marks = model.marks.map((mark) => element("span", { className: "mark", textContent: mark }));
  const table = textTable("All metrics", ["metric", "mean", "95 % interval", "items"], run.metrics.map((one) => {
    const [value, low, high, n, missing] = model.values[one.name];
    const why = model.unranked[one.name] ? ` (not comparable: ${model.unranked[one.name]})` : "";
    return [titled(one) + why, formatted(one, value), low === null ? "" : `${formatted(one, low)} to ${formatted(one, high)}`, `${n}${missing ? ` of ${n + missing}` : ""}`];
  }));
  const costs = Object.entries(model.cost).map(([cost, value]) => `${COSTS[cost]} ${Number(value.toPrecision(4))}`).join("; ");
  const parts = [facts, ...marks, costs ? element("p", { textContent: costs }) : "", table];
  if (run.items) parts.push(...(await itemParts(run, name, metric)));
  return [element("h2", { id: "model-title", textContent: name }), ...parts];
}

async function itemParts(run, name, metric) {
  const [index, columns] = await Promise.all([page(`${run.id}-items`), modelPage(run, name)]);
  const places = passing(index, chosenCuts());
  const { here, values } = valuesAt(metric, columns, places);
  const sign = metric.better === "lower" ? 1 : -1;
  const ordered = here.map((place, i) => [place, values[i]]).sort(([, a], [, b]) => sign * (a - b));
  const facet = (facetName, place) => index.facets[facetName].names[index.facets[facetName].codes[place]];
  const lines = (some) => some.map(([place, value]) => [
    itemLink(index.item[place]), index.query[place] || facet("label", place), facet("label", place), String(index.snr_db[place] ?? "\u2013"), formatted(metric, value),
  ]);
  const heads = ["item", "query", "label", "SNR (dB)", titled(metric)];
  const worst = ordered.slice(-SHOWN_ITEMS).reverse();
  return [
    titledPart("Worst items", textTable("Worst items", heads, lines(worst))),
    titledPart("Best items", textTable("Best items", heads, lines(ordered.slice(0, SHOWN_ITEMS)))),
    titledPart("Failures", failures(index, columns)),
    titledPart("By class", classes(run, metric, here.map((place, i) => [facet("label", place), values[i]]))),
  ];
}

function failures(index, columns) {
  const reasons = Object.entries(columns.errors).map(([place, message]) => [itemLink(index.item[place]), message]);
  for (const [metric, gaps] of Object.entries(columns.gaps)) {
    for (const [status, places] of Object.entries(gaps)) {
      const some = places.slice(0, 3).flatMap((place, i) => [i ? ", " : "", itemLink(index.item[place])]);
      const line = element("span", {}, ...some, places.length > 3 ? ` and ${places.length - 3} more` : "");
      reasons.push([line, `${metric} has no value: ${status.replaceAll("_", " ")}`]);
    }
  }
  return reasons.length ? textTable("Failures", ["items", "reason"], reasons) : element("p", { textContent: "None: every item was answered, and every metric has a value." });
}

function classes(run, metric, labelled) {
  const groups = new Map();
  for (const [label, value] of labelled) groups.set(label, [...(groups.get(label) ?? []), value]);
  const table = element("table", { className: "classes" }, element("caption", { textContent: "By class" }));
  const box = element("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "By class" }, table);
  const number = (value, type) => (type === "display" ? formatted(metric, value) : value);
  new DataTable(table, {
    data: [...groups].map(([label, values]) => [label, values.length, mean(values), Math.min(...values), Math.max(...values)]),
    columns: [{ title: "class", render: plain }, { title: "items" }, ...["mean", "least", "most"].map((title) => ({ title, render: number }))],
    order: [[2, metric.better === "lower" ? "asc" : "desc"]],
    paging: false, info: false, autoWidth: false,
    layout: { topStart: groups.size > 10 ? "search" : null, topEnd: null, bottomStart: null, bottomEnd: null },
  });
  return box;
}
