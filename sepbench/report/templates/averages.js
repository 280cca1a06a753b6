// Averages of the items that pass the filters. Where the run itself has that part, its own numbers and intervals are
// shown; for other combinations the page averages by the suite's rule, and shows no interval.

function passing(index, cuts) {
  const wanted = Object.entries(cuts).map(([name, value]) => {
    const { names, codes } = index.facets[name];
    return [codes, names.indexOf(value)];
  });
  return [...index.item.keys()].filter((place) => wanted.every(([codes, code]) => codes[place] === code));
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function quantile(sorted, share) {
  const place = (sorted.length - 1) * share;
  const low = Math.floor(place);
  return sorted[low] + (sorted[Math.ceil(place)] - sorted[low]) * (place - low);
}

function average(rule, values, classes) {
  if (!values.length) return null;
  if (rule === "mean") return mean(values);
  const groups = new Map();
  values.forEach((value, i) => groups.set(classes[i], [...(groups.get(classes[i]) ?? []), value]));
  const middle = rule === "class_median_mean" ? (of) => quantile(of.sort((a, b) => a - b), 0.5) : mean;
  return mean([...groups.values()].map(middle));
}

// The values of one metric on some items, in its own unit, and the places they stand at.
function valuesAt(metric, columns, places) {
  const whole = columns.values[metric.name];
  const here = places.filter((place) => whole[place] !== null);
  return { here, values: here.map((place) => whole[place] / 10 ** metric.digits) };
}

async function averages(run, metrics, cuts) {
  const names = Object.keys(cuts);
  if (!names.length) return (model, metric) => run.models[model].values[metric.name];
  const parts = (await page(`${run.id}-slices`))[names[0]];
  if (names.length === 1 && parts) return (model, metric) => parts[cuts[names[0]]]?.[metric.name]?.[model] ?? null;
  if (!run.items) return () => null;
  const index = await page(`${run.id}-items`);
  const places = passing(index, cuts);
  const found = {};
  for (const model of run.names) {
    const columns = await modelPage(run, model);
    found[model] = {};
    for (const metric of metrics) {
      const { here, values } = valuesAt(metric, columns, places);
      const gaps = Object.values(columns.gaps[metric.name]).flat();
      const missing = gaps.length ? gaps.filter((place) => places.includes(place)).length : 0;
      const classes = here.map((place) => index.facets.label.codes[place]);
      found[model][metric.name] = [average(run.suite.averaging, values, classes), null, null, values.length, missing];
    }
  }
  return (model, metric) => found[model][metric.name];
}
