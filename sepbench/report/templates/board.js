// Tables of models: DataTables sorts and searches them. Systems, controls and oracles never mix; what has no value, or
// is not ranked, stays last in either direction.

const [SYSTEMS, GROUP, NAME] = ["systems", "group", "model"];
const keyOf = (text) => {
  const [last, value] = String(text).split("|");
  return [Number(last), Number(value)];
};
function ranked(sign) {
  return (one, other) => {
    const [[oneLast, oneValue], [otherLast, otherValue]] = [keyOf(one), keyOf(other)];
    return oneLast - otherLast || sign * (oneValue - otherValue);
  };
}
DataTable.ext.errMode = "throw";
DataTable.type("ranked", { detect: () => false, order: { asc: ranked(1), desc: ranked(-1) } });

const orderKey = (value, unranked) => (value === null ? "2|0" : `${unranked ? 1 : 0}|${value}`);

// One body with a column of groups: DataTables knows no other form.
function flattened(table) {
  const bodies = [...table.tBodies];
  const titles = [];
  const flat = element("tbody");
  bodies.forEach((body, group) => {
    titles.push([...body.rows].find((row) => row.className === "group").cells[0].cloneNode(true));
    for (const row of body.querySelectorAll("tr.model")) {
      row.classList.add(body.className);
      row.append(element("td", { textContent: group }));
      row.cells[0].dataset.order = row.dataset.model;
      for (const cell of row.querySelectorAll("td.metric")) {
        const value = "sort" in cell.dataset ? cell.dataset.sort : null;
        cell.dataset.order = orderKey(value, cell.classList.contains("unranked"));
        delete cell.dataset.sort;
      }
      flat.append(row);
    }
    body.remove();
  });
  table.append(flat);
  const rows = [...table.tHead.rows];
  rows.forEach((row, i) => row.append(i === rows.length - 1 ? element("th", { textContent: GROUP }) : element("td")));
  return titles;
}

function enhanced(table, whole) {
  const titles = flattened(table);
  const heads = [...table.tHead.rows].at(-1).cells;
  const columns = [...heads].map((head, i) => {
    if (i === heads.length - 1) return { visible: false, searchable: false };
    if (head.classList.contains("name")) return {};
    if (!head.classList.contains("metric")) return { orderable: false, className: "dt-right" };
    const first = head.dataset.better === "lower" ? "asc" : "desc";
    return { type: "ranked", className: "dt-right", searchable: false, orderSequence: [first, first === "asc" ? "desc" : "asc"] };
  });
  return new DataTable(table, {
    columns,
    order: [],
    orderFixed: { pre: [[heads.length - 1, "asc"]] },
    paging: false,
    info: false,
    autoWidth: false,
    titleRow: table.tHead.rows.length - 1,
    layout: { topStart: null, topEnd: whole ? "search" : null, bottomStart: null, bottomEnd: null },
    language: { search: "Search models", zeroRecords: "No model passes the filters." },
    rowGroup: {
      dataSrc: heads.length - 1,
      startRender: (_, group) => titles[group].firstElementChild.cloneNode(true),
    },
  });
}

class Board {
  constructor(run) {
    this.run = run;
    this.columns = new Map();
    this.kept = new Map();
    for (const table of run.section.querySelectorAll("table.sortable")) {
      if (table.closest(".results") === null) enhanced(table, false);
    }
    const table = run.section.querySelector(".results table");
    this.first = [...table.tHead.rows].at(-1).querySelector("th.metric")?.cellIndex ?? 0;
    this.api = enhanced(table, true);
    this.api.search.fixed("facets", (_, data, row) => this.passes(this.model(row)));
    this.api.on("order", () => this.sorted());
    this.api.on("search", () => state.set({ q: this.api.search() }));
    table.addEventListener("click", (event) => this.follow(event));
  }

  model(row) {
    return this.api.row(row).node().dataset.model;
  }

  passes(name) {
    const model = this.run.models[name];
    if (model.kind !== SYSTEMS) return state.get("show") !== SYSTEMS;
    if (state.get("paradigm") && model.paradigm !== state.get("paradigm")) return false;
    return !state.get("domain") || model.in_domain === (state.get("domain") === "in");
  }

  follow(event) {
    const link = event.target.closest("a[data-model]");
    if (!link) return;
    event.preventDefault();
    state.set({ run: this.run.id, model: link.dataset.model, item: "" }, true);
  }

  sorted() {
    const [column, direction] = this.api.order().at(-1) ?? [];
    const metric = this.run.metrics[column - this.first];
    if (metric) state.set({ sort: `${metric.name}:${direction}`, metric: metric.name });
    else if (column === 0) state.set({ sort: `${NAME}:${direction}` });
    this.placed();
  }

  // Places are of the metric that the table is sorted by; they were tested on all items.
  placed() {
    const sorted = state.get("sort").split(":")[0];
    const metric = Object.hasOwn(this.run.metric, sorted) ? sorted : this.run.leading;
    const places = Object.keys(chosenCuts()).length ? {} : (this.run.places[metric] ?? {});
    this.api.rows().every((row) => {
      this.api.row(row).node().querySelector(".place").textContent = places[this.model(row)] ?? "";
    });
  }

  async show() {
    const cuts = chosenCuts();
    const key = JSON.stringify([cuts, ...["family", "sort", "q", "paradigm", "domain", "show"].map(state.get)]);
    if (key === this.key) return;  // drawing again would take the focus away
    this.key = key;
    const found = await averages(this.run, this.run.metrics, cuts);
    if (key !== this.key) return;  // the reader went on meanwhile
    const cut = Object.keys(cuts).length > 0;
    if (cut || this.cut) {
      this.api.rows().every((row) => this.fill(this.api.row(row).node(), found, cut));
      this.api.rows().invalidate("dom");
    }
    this.cut = cut;
    const family = state.get("family");
    this.run.metrics.forEach((metric, i) => {
      this.api.column(this.first + i).visible(!family || metric.family === family, false);
    });
    const order = this.wantedOrder();
    if (JSON.stringify(this.api.order()) !== JSON.stringify(order)) this.api.order(order);
    if (this.api.search() !== state.get("q")) this.api.search(state.get("q"));
    this.api.draw();
    this.placed();
    const note = this.run.section.querySelector(".cut-note");
    note.hidden = !cut;
    note.textContent = `Only items with ${Object.entries(cuts).map(([k, v]) => `${k.replace("_", " ")} ${v}`).join(", ")}. ` +
      "Intervals are the run's own where it has that part; other combinations are averaged on this page, without one.";
  }

  wantedOrder() {
    const [name, direction] = state.get("sort").split(":");
    const place = this.run.metrics.findIndex((metric) => metric.name === name);
    if (!["asc", "desc"].includes(direction) || (place < 0 && name !== NAME)) return [];
    return [[name === NAME ? 0 : this.first + place, direction]];
  }

  // The whole run's cells come back as they were written; those of a part are made here.
  fill(row, found, cut) {
    const model = row.dataset.model;
    this.run.metrics.forEach((metric, i) => {
      const cell = this.cells(row)[i];
      if (!this.kept.has(cell)) this.kept.set(cell, [[...cell.childNodes], cell.className, cell.title, cell.dataset.order]);
      if (!cut) {
        const [nodes, className, title, order] = this.kept.get(cell);
        cell.replaceChildren(...nodes);
        Object.assign(cell, { className, title });
        cell.dataset.order = order;
        return;
      }
      this.part(cell, metric, this.run.models[model], found(model, metric));
    });
  }

  cells(row) {
    if (!this.columns.has(row)) {
      const api = this.api.row(row);
      this.columns.set(row, this.run.metrics.map((_, i) => this.api.cell(api.index(), this.first + i).node()));
    }
    return this.columns.get(row);
  }

  part(cell, metric, model, entry) {
    const [value, low, high, n, missing] = entry ?? [null, null, null, 0, 0];
    const unranked = metric.name in model.unranked;
    cell.dataset.order = orderKey(value, unranked);
    cell.className = `metric${unranked ? " unranked" : ""}`;
    cell.title = `${n} items${missing ? `, ${missing} undefined` : ""}`;
    const small = (text) => element("span", { className: "ci", textContent: text });
    cell.replaceChildren(element("span", { className: "value", textContent: formatted(metric, value) }));
    if (metric.improvement && value < 0 && model.kind !== "controls") {
      const title = "worse than the untouched mixture on average";
      cell.append(element("span", { className: "below", title, textContent: " \u25be" }));
    }
    if (low !== null) cell.append(small(`${formatted(metric, low)} to ${formatted(metric, high)}`));
    cell.append(small(`n ${n}${missing ? ` of ${n + missing}` : ""}`));
  }
}
