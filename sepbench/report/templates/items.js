// The table of items, made when it is first opened: a row per item, a column per model, of the chosen metric.

const plain = DataTable.render.text();
const escaped = (text) => plain.display(text);

class Items {
  constructor(run) {
    this.run = run;
    this.box = run.section.querySelector(".items");
    if (!this.box) return;
    this.box.addEventListener("toggle", () => state.set({ items: this.box.open ? run.id : "" }));
    this.box.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-item]");
      if (!link) return;
      event.preventDefault();
      state.set({ run: run.id, item: link.dataset.item }, true);
    });
  }

  async show() {
    if (!this.box) return;
    if (state.get("items") === this.run.id) this.box.open = true;
    if (!this.box.open) return;
    const metric = chosenMetric(this.run);
    if (!metric) return;
    const key = JSON.stringify([metric.name, chosenCuts()]);
    if (key === this.key) return;
    this.key = key;
    const index = await page(`${this.run.id}-items`);
    const places = passing(index, chosenCuts());
    const columns = await Promise.all(this.run.names.map((name) => modelPage(this.run, name)));
    const facet = (name, place) => index.facets[name].names[index.facets[name].codes[place]];
    const rows = places.map((place) => [
      index.item[place],
      index.query[place],
      ...["label", "corpus", "kind", "mode"].map((name) => facet(name, place)),
      index.snr_db[place],
      ...columns.map((column) => column.values[metric.name][place]),
    ]);
    if (key === this.key) this.draw(rows, metric);
  }

  draw(rows, metric) {
    this.api?.destroy(true);
    const table = element("table", { className: "items-table" }, element("caption", { textContent: "Items" }));
    this.box.querySelector(".scroll").replaceChildren(table);
    const texts = ["query", "label", "corpus", "kind", "asked to"];
    const value = (whole, type) =>
      type === "display" ? formatted(metric, whole === null ? null : whole / 10 ** metric.digits) : (whole ?? -1e12);
    const link = (item, type) =>
      type === "display" ? `<a href="#" data-item="${escaped(item)}">${this.run.sounds[item] ? "\u266a " : ""}${escaped(item)}</a>` : item;
    this.api = new DataTable(table, {
      data: rows,
      columns: [
        { title: "item", render: link },
        ...texts.map((title) => ({ title, render: plain })),
        { title: "SNR (dB)", render: (snr, type) => (type === "display" ? (snr ?? "\u2013") : (snr ?? -1e12)), searchable: false },
        ...this.run.names.map((name) => ({ title: escaped(name), render: value, searchable: false, orderSequence: ["desc", "asc"] })),
      ],
      order: [],
      autoWidth: false,
      pageLength: 25,
      layout: { topStart: "search", topEnd: "pageLength", bottomStart: "info", bottomEnd: "paging" },
      language: { search: "Search items", lengthMenu: "_MENU_ a page", info: "_START_ to _END_ of _TOTAL_ items", infoFiltered: "" },
    });
    this.box.querySelector(".items-metric").textContent = titled(metric);
  }
}
