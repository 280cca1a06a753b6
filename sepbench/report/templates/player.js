// Mixture, target and every model's answer on one clock: all play together, one is heard.

class Player {
  constructor(tracks) {
    this.tracks = tracks;
    this.chosen = 0;
    this.offset = 0;
    this.sources = null;
    this.box = this.built();
  }

  built() {
    this.button = element("button", { type: "button", className: "play", textContent: "Play" });
    this.button.addEventListener("click", () => (this.sources ? this.pause() : this.play()));
    this.seek = element("input", { type: "range", min: 0, max: 1, step: "any", value: 0, "aria-label": "position" });
    this.seek.addEventListener("input", () => this.jump(Number(this.seek.value)));
    this.time = element("output", { textContent: "0.0 s" });
    const bar = element("div", { className: "bar" }, this.button, this.seek, this.time);
    const list = element("fieldset", { className: "tracks" }, element("legend", { textContent: "Heard" }));
    this.tracks.forEach((track, i) => list.append(this.line(track, i)));
    return element("div", { className: "player" }, bar, list);
  }

  line(track, i) {
    const input = element("input", { type: "radio", name: "track", value: i, checked: i === this.chosen });
    input.addEventListener("change", () => this.choose(i));
    const name = element("span", { textContent: track.name + (track.cut ? " (its beginning)" : "") });
    const image = element("img", { alt: `spectrogram of ${track.name}`, src: `data:image/png;base64,${track.png}`, width: 320, height: 64 });
    const head = element("i", { className: "playhead" });
    return element("label", { className: `track ${track.role}` }, element("span", { className: "pick" }, input, name), element("span", { className: "picture" }, image, head));
  }

  async decoded() {
    this.context ??= new AudioContext();
    this.buffers ??= await Promise.all(this.tracks.map((track) => {
      const bytes = Uint8Array.from(atob(track.mp3), (letter) => letter.charCodeAt(0));
      return this.context.decodeAudioData(bytes.buffer);
    }));
    this.length = Math.max(...this.buffers.map((buffer) => buffer.duration));
    this.seek.max = this.length;
  }

  async play() {
    await this.decoded();
    await this.context.resume();
    if (this.offset >= this.length - 0.01) this.offset = 0;
    this.started = this.context.currentTime + 0.02;
    this.gains = [];
    this.sources = this.buffers.map((buffer, i) => {
      const [source, gain] = [this.context.createBufferSource(), this.context.createGain()];
      source.buffer = buffer;
      gain.gain.value = i === this.chosen ? 1 : 0;
      source.connect(gain).connect(this.context.destination);
      source.start(this.started, Math.min(this.offset, buffer.duration));
      this.gains.push(gain);
      return source;
    });
    this.button.textContent = "Pause";
    this.follow();
  }

  position() {
    return this.sources ? this.offset + Math.max(0, this.context.currentTime - this.started) : this.offset;
  }

  // The others go on unheard, so the place is kept to the sample.
  choose(i) {
    this.chosen = i;
    this.gains?.forEach((gain, each) => gain.gain.setTargetAtTime(each === i ? 1 : 0, this.context.currentTime, 0.005));
  }

  follow() {
    if (!this.sources) return;
    this.shown();
    if (this.position() >= this.length) {
      this.pause();
      this.offset = 0;
      this.shown();
    } else requestAnimationFrame(() => this.follow());
  }

  shown() {
    const now = this.position();
    this.seek.value = now;
    this.time.textContent = `${now.toFixed(1)} s`;
    for (const head of this.box.querySelectorAll(".playhead")) head.style.left = `${(100 * now) / this.length}%`;
  }

  pause() {
    if (!this.sources) return;
    this.offset = Math.min(this.position(), this.length);
    this.sources.forEach((source) => source.stop());
    this.sources = null;
    this.button.textContent = "Play";
  }

  async jump(to) {
    const playing = this.sources !== null;
    this.pause();
    await this.decoded();
    this.offset = to;
    this.shown();
    if (playing) await this.play();
  }

  close() {
    this.pause();
    this.context?.close();
  }
}

async function itemView(run, item) {
  const index = await page(`${run.id}-items`);
  const place = index.item.indexOf(item);
  if (place < 0) return { nodes: [element("p", { textContent: "The run has no such item." })] };
  const metric = chosenMetric(run);
  const facet = (name) => index.facets[name].names[index.facets[name].codes[place]];
  const words = index.query[place] || run.unknown_words || "its words may not be passed on; the list says where they stand";
  const facts = [["query", words], ["label", facet("label")], ["kind", facet("kind")], ["asked to", facet("mode")], ["corpus", facet("corpus")],
    ["sources", facet("source_count")], ["SNR", index.snr_db[place] === null ? "\u2013" : `${index.snr_db[place]} dB`]];
  const list = element("dl", { className: "facts" }, ...facts.map(([name, value]) =>
    element("div", {}, element("dt", { textContent: name }), element("dd", { textContent: value }))));
  const columns = await Promise.all(run.names.map((name) => modelPage(run, name)));
  const rows = run.names.map((name, i) => {
    const whole = columns[i].values[metric.name][place];
    const gap = Object.entries(columns[i].gaps[metric.name]).find(([, places]) => places.includes(place))?.[0];
    const status = Object.entries(columns[i].status).find(([, places]) => places.includes(place))?.[0];
    return [name, formatted(metric, whole === null ? null : whole / 10 ** metric.digits), columns[i].errors[place] ?? (gap ?? status ?? "").replaceAll("_", " ")];
  });
  const nodes = [element("h2", { id: "item-title", textContent: `Item ${item}` }), list];
  const sound = run.sounds[item] && (await page(run.sounds[item]));
  const player = sound ? new Player(sound.tracks) : null;
  if (sound?.reason) nodes.push(element("p", { className: "banner", textContent: `Mixture and target cannot be heard: ${sound.reason}` }));
  nodes.push(player ? player.box : element("p", { className: "legend", textContent: "No sound of this item is on the page: sepbench run --keep-audio, sepbench report --audio sample:N." }));
  nodes.push(textTable("Values", ["model", titled(metric), "why not"], rows));
  return { nodes, player };
}
