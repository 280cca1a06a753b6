// Filters, views and what follows from the address.

const boards = runs.map((run) => new Board(run));
const itemTables = runs.map((run) => new Items(run));
const filters = document.querySelector("#filters");

const unique = (values) => [...new Set(values)].filter((value) => value !== "");

function choices() {
  const parts = Promise.all(runs.map((run) => page(`${run.id}-slices`)));
  const families = unique(runs.flatMap((run) => run.metrics.map((metric) => metric.family)));
  const paradigms = unique(runs.flatMap((run) => run.names.map((name) => run.models[name]).filter((model) => model.kind === SYSTEMS).map((model) => model.paradigm)));
  const metrics = new Map(runs.flatMap((run) => run.metrics.map((metric) => [metric.name, titled(metric)])));
  options("suite", runs.map((run) => [run.id, run.suite.title]));
  options("family", families.map((name) => [name, name]));
  options("paradigm", paradigms.sort().map((name) => [name, name]));
  options("metric", [...metrics]);
  return parts.then(async (slices) => {
    const indexes = await Promise.all(runs.filter((run) => run.items).map((run) => page(`${run.id}-items`)));
    for (const name of CUTS) {
      const named = [...slices.flatMap((slice) => Object.keys(slice[name] ?? {})), ...indexes.flatMap((index) => index.facets[name].names)];
      options(name, unique(named).sort(byEnd).map((value) => [value, value.replace("..", " to ")]));
    }
  });
}

function options(name, entries) {
  const select = filters.elements[name];
  select.append(...entries.map(([value, text]) => new Option(text, value)));
  select.closest("label").hidden = entries.length < 2;
}

for (const select of document.querySelectorAll("select[name]")) {
  select.addEventListener("change", () => state.set({ [select.name]: select.value }));
}
filters.addEventListener("reset", (event) => {
  event.preventDefault();
  state.set(Object.fromEntries([...state.now.keys()].map((name) => [name, ""])));
});

const dialogs = { model: document.querySelector("#model-view"), item: document.querySelector("#item-view") };
let player = null;
for (const [name, dialog] of Object.entries(dialogs)) {
  dialog.addEventListener("close", () => state.set({ [name]: "" }));
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-item]");
    if (!link) return;
    event.preventDefault();
    state.set({ item: link.dataset.item }, true);
  });
}

async function view(name, run, key, made) {
  const dialog = dialogs[name];
  if (dialog.dataset.key === key) return;
  dialog.dataset.key = key;
  if (name === "item") {
    player?.close();
    player = null;
  }
  if (!key) return dialog.close();
  const { nodes, player: next } = await made();
  if (dialog.dataset.key !== key) return next?.close();
  if (name === "item") player = next;
  dialog.querySelector(".content").replaceChildren(...nodes);
  if (!dialog.open) dialog.showModal();
}

async function views() {
  const run = runs.find((one) => one.id === state.get("run")) ?? runs[0];
  const [model, item] = [state.get("model"), state.get("item")];
  const known = Object.hasOwn(run.models, model) ? model : "";
  const cut = JSON.stringify([run.id, state.get("metric"), chosenCuts()]);
  await view("model", run, known && known + cut, async () => ({ nodes: await modelView(run, known) }));
  await view("item", run, item && run.items ? item + cut : "", () => itemView(run, item));
}

async function show() {
  for (const run of runs) run.section.hidden = Boolean(state.get("suite")) && state.get("suite") !== run.id;
  await Promise.all([...boards, ...itemTables].map((part) => part.show()));
  const first = { metric: runs[0]?.leading };
  for (const select of document.querySelectorAll("select[name]")) {
    select.value = state.get(select.name) || first[select.name] || select.options[0]?.value || "";
  }
  await views();
}

async function plotsShown() {
  for (const run of runs.filter((one) => !one.section.hidden)) await showPlots(run);
  document.documentElement.dataset.plots = "ready";
}

let plotted = "";
function plotsSoon() {
  const key = JSON.stringify([state.get("metric"), state.get("cost"), state.get("suite"), chosenCuts()]);
  if (key === plotted) return;
  plotted = key;
  delete document.documentElement.dataset.plots;
  setTimeout(() => key === plotted && plotsShown(), 30);
}

dark.addEventListener("change", () => plotsShown());
document.documentElement.classList.add("scripted");
choices().then(async () => {
  await show();
  state.listeners.push(show, plotsSoon);
  document.documentElement.dataset.ready = "yes";
  plotsSoon();
});
