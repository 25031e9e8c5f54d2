// The samples: the user's own, generated ones, drawn points, or rows of a CSV file.

const { plane, labels } = data; // the input whose samples are points, and how labels name classes
const positions = labels?.positions ?? 1; // labels of a sample
const LIMIT = 2000; // points in a drawing or a file

// In a plane a sample is [x, y, class]; without a plane it is the number of a row of the data.
function samplesOf(state) {
  if (!plane) return Array.from({ length: data.samples }, (_, k) => k);
  const clean = state.points ?? data.sets[state.data]?.points ?? data.points;
  if (!state.noise) return clean;
  const rng = generator(data.generator);
  const normal = () =>
    Math.sqrt(-2 * Math.log(1 - rng.random())) * Math.cos(2 * Math.PI * rng.random());
  const [low, high] = spanOf(clean);
  const spread = state.noise * (high - low);
  return clean.map(([x, y, label]) => [x + spread * normal(), y + spread * normal(), label]);
}

// The class of a sample, of a sequence at one position; for a regression, its label.
function classOf(sample, position = 0) {
  return plane ? sample[2] : data.classOf[sample * positions + position];
}

// The square that the points stand in, with a margin: the same from low to high on both axes.
function spanOf(points) {
  let low = Infinity;
  let high = -Infinity;
  for (const [x, y] of points) {
    low = Math.min(low, x, y);
    high = Math.max(high, x, y);
  }
  if (!(high > low)) [low, high] = [(low || 0) - 1, (high || 0) + 1];
  const margin = 0.08 * (high - low);
  return [low - margin, high + margin];
}

// Part the samples into those to train on and those held out. The order is a fixed shuffle.
function partSamples(samples, share) {
  if (share >= 1 || data.fixedBatch !== null) return [samples, []];
  const order = generator(data.generator).permutation(samples.length);
  const count = Math.max(1, Math.round(share * samples.length));
  const isTrained = new Set(order.slice(0, count));
  return [
    samples.filter((_, k) => isTrained.has(k)),
    samples.filter((_, k) => !isTrained.has(k)),
  ];
}

// Write samples into the inputs of a network.
function feed(network, samples) {
  if (plane) return feedPoints(network, samples);
  for (const [name, { numbers, perSample }] of Object.entries(data.feeds)) {
    const { data: buffer } = network.nodes[name].value;
    if (!perSample) buffer.set(numbers);
    else {
      samples.forEach((row, k) => {
        for (let j = 0; j < perSample; j++) buffer[k * perSample + j] = numbers[row * perSample + j];
      });
    }
  }
}

function feedPoints(network, points) {
  const x = network.nodes[plane].value.data;
  const t = network.nodes[labels.name].value.data;
  points.forEach(([a, b, label], k) => {
    x[2 * k] = a;
    x[2 * k + 1] = b;
    if (labels.coding === "one-hot") {
      for (let j = 0; j < labels.classes; j++) {
        t[labels.classes * k + j] = j === label ? labels.high : labels.low;
      }
    } else if (labels.coding === "two values") t[k] = label ? labels.high : labels.low;
    else t[k] = label;
  });
}

// Points from the text of a CSV file. Throws an Error whose message explains a bad line.
function readCsv(text) {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const points = [];
  lines.forEach((line, k) => {
    if (!line) return;
    const cells = line.split(/[,;\t]/).map((cell) => cell.trim());
    const numbers = cells.map(Number);
    const isNumeric = cells.length === 3 && cells.every((c) => c) && numbers.every(Number.isFinite);
    if (!isNumeric && k === 0 && cells.every((cell) => Number.isNaN(Number(cell)))) return; // header
    if (!isNumeric) {
      throw new Error(
        `Line ${k + 1} must hold three numbers: x, y and the class. It holds “${line.slice(0, 40)}”.`,
      );
    }
    const label = numbers[2];
    const most = labels.classes - 1;
    if (labels.classes && (!Number.isInteger(label) || label < 0 || label > most)) {
      throw new Error(
        `Line ${k + 1}: a class of this graph must be a whole number from 0 to ${most}. It is ${label}.`,
      );
    }
    points.push(numbers);
  });
  if (points.length < 2) throw new Error("The file must hold at least two lines of x, y and class.");
  if (points.length > LIMIT) {
    throw new Error(`The file must hold at most ${LIMIT} points. It holds ${points.length}.`);
  }
  return points;
}
