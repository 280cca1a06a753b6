// What the reader chose stands in the address, so that a link shows the same page again.

const state = {
  now: new URLSearchParams(location.hash.slice(1)),
  get: (name) => state.now.get(name) ?? "",
  set(changes, visit = false) {
    const next = new URLSearchParams(state.now);
    for (const [name, value] of Object.entries(changes)) value ? next.set(name, value) : next.delete(name);
    if (next.toString() === state.now.toString()) return;
    state.now = next;
    history[visit ? "pushState" : "replaceState"](null, "", `#${next}`);
    state.tell();
  },
  listeners: [],
  tell: () => state.listeners.forEach((listener) => listener()),
};

for (const event of ["popstate", "hashchange"]) {
  addEventListener(event, () => {
    const next = new URLSearchParams(location.hash.slice(1));
    if (next.toString() === state.now.toString()) return;
    state.now = next;
    state.tell();
  });
}

const CUTS = ["corpus", "snr_bin", "kind", "mode", "presence", "source_count"];
const chosenCuts = () => Object.fromEntries(CUTS.filter(state.get).map((name) => [name, state.get(name)]));
const chosenMetric = (run) => run.metric[Object.hasOwn(run.metric, state.get("metric")) ? state.get("metric") : run.leading];
