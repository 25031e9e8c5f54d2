// Images as images: the samples with their decisions, the weights, the pixels' gradients and the
// feature maps of the marked samples.

const SIDE = 10; // pictures along a side of the samples' sheet
const MOST_CHANNELS = 16;
const sheets = []; // the canvases of the card “Units”, and how to paint each
const hasFourAxes = ({ shape, isTrained }) => isTrained && shape.length === 4;
// The feature maps that a layer passes on: the last of several ops with the same shape.
const featureMaps = data.nodes.filter((node, place) => hasFourAxes(node) && node.shape[0] === null &&
  node.inputs.length && !data.nodes.some(({ inputs, shape }) =>
    inputs.includes(place) && String(shape) === String(node.shape)));
const kernels = data.nodes.filter((node) =>
  hasFourAxes(node) && node.role === "parameter" && Math.min(...node.shape.slice(2)) > 1);

function preparePictures() {
  const { input, shape: [, height, width], weights } = data.pictures;
  const count = Math.min(data.marks.length, data.samples);
  const marked = `samples ${"①②③".slice(0, count)}`;
  addPair(`${input}, ${marked}`, input, { count, height, width, across: count }, pixelOf);
  for (const name of weights) {
    const units = data.nodes.find((node) => node.name === name).shape[1];
    const size = { count: Math.min(units, 4 * MOST_CHANNELS), height, width };
    size.across = Math.ceil(Math.sqrt(size.count));
    addPair(`${name}, a picture for each unit`, name, size, (view, unit, i, j) => elementAt(view, i * width + j, unit));
  }
  for (const { name, shape: [outputs, channels, rows, columns] } of kernels) {
    const size = { count: Math.min(outputs * channels, 4 * MOST_CHANNELS), height: rows, width: columns };
    size.across = channels > 1 ? Math.min(channels, MOST_CHANNELS) : Math.ceil(Math.sqrt(outputs));
    addPair(`${name}, its kernels`, name, size, (view, k, i, j) =>
      numberAt(view, [Math.floor(k / channels), k % channels, i, j]));
  }
  for (const { name, shape: [, channels, rows, columns] } of featureMaps) {
    const across = Math.min(channels, MOST_CHANNELS);
    const size = { count: count * across, height: rows, width: columns, across };
    addPair(`${name}, ${marked}`, name, size, (view, k, i, j) =>
      numberAt(view, [markIn(view, Math.floor(k / across)), k % across, i, j]));
  }
}

// A node's value and its gradient, side by side.
function addPair(title, name, size, read) {
  const figures = ["value", "gradient"].map((kind) => {
    const canvas = element("canvas", { class: "sheet", role: "img", "aria-label": `${kind} of ${title}` });
    sheets.push({ canvas, name, kind, size, read });
    const caption = element("figcaption", { class: kind === "value" ? "forward" : "backward" }, kind);
    return element("figure", {}, canvas, caption);
  });
  addTile(title, element("div", { class: "pair" }, ...figures));
}

// A marked sample; where fewer samples are trained on, another one.
function markIn({ shape }, mark) {
  return data.marks[mark] % shape[0];
}

function numberAt({ data: numbers, offset, strides }, place) {
  return numbers[place.reduce((at, index, axis) => at + index * strides[axis], offset)];
}

// The pixel (i, j) of a marked sample, the mean of its channels.
function pixelOf(view, mark, i, j) {
  const [channels, , width] = data.pictures.shape;
  const row = markIn(view, mark);
  if (view.shape.length === 2) return numberAt(view, [row, i * width + j]);
  if (view.shape.length === 3) return numberAt(view, [row, i, j]);
  let sum = 0;
  for (let c = 0; c < channels; c++) sum += numberAt(view, [row, c, i, j]);
  return sum / channels;
}

function paintPictures(run) {
  for (const { canvas, name, kind, size, read } of sheets) {
    const view = run.whole.nodes[name][kind];
    const limit = view && largestOf(view);
    paintSheet(canvas, size, (k, i, j) => heatRgb(view ? read(view, k, i, j) / (limit || 1) : 0));
  }
  if (regionKind === "pictures") paintSamples(run);
}

// The rows of the samples on the sheet: spread evenly, the marked ones among them.
function rowsOnSheet(run) {
  const all = run.trained.length;
  const shown = Math.min(all, SIDE * SIDE);
  const rows = Array.from({ length: shown }, (_, k) => Math.floor((k * all) / shown));
  for (const mark of data.marks) {
    if (mark < all) rows[Math.min(shown - 1, Math.floor((mark * shown) / all))] = mark;
  }
  return rows;
}

// Each sample with a frame, as strong as its gradient; a wrong one with the class decided for.
function paintSamples(run) {
  const canvas = document.getElementById("map");
  const { height, width } = canvas.getBoundingClientRect();
  const rows = rowsOnSheet(run);
  const across = Math.ceil(Math.sqrt(rows.length));
  const context = paintSheet(canvas, { ...sizeOfPictures(), count: rows.length, across, gap: 2 }, shades(run, rows));
  const [wide, high] = [width / across, height / Math.ceil(rows.length / across)];
  const prediction = run.whole.nodes[data.nodes[data.prediction].name].value;
  const pulls = pullsOf(run);
  let wrong = 0;
  rows.forEach((row, k) => {
    const [x, y] = [(k % across) * wide, Math.floor(k / across) * high];
    const strength = Math.sqrt(pulls[row] / (strongestPull || 1));
    context.globalAlpha = Math.min(1, 1.4 * strength);
    context.strokeStyle = colours.glow;
    context.lineWidth = 1 + 2 * strength;
    if (strength > 0.1) context.strokeRect(x - 1, y - 1, wide - 3, high - 3);
    context.globalAlpha = 1;
    const decision = decided(prediction, row);
    if (decision !== classOf(run.trained[row])) {
      wrong += 1;
      badge(context, x + wide - 10, y + high - 10, decision, colours.wrong);
    }
    if (data.marks.includes(row)) badge(context, x + 7, y + 7, data.marks.indexOf(row) + 1, colours.ink);
  });
  canvas.setAttribute("aria-label", `${rows.length} samples as images; ${wrong} are classified wrongly`);
}

function sizeOfPictures() {
  const [, height, width] = data.pictures.shape;
  return { height, width };
}

// The colours of samples: those of the image itself, or from paper to ink.
function shades(run, rows) {
  const { input, shape: [channels, height, width] } = data.pictures;
  const { data: pixels } = run.whole.nodes[input].value;
  const [low, high] = pixelRange(pixels);
  const area = height * width;
  return (k, i, j) => {
    const at = rows[k] * channels * area + i * width + j;
    const share = (c) => (pixels[at + c * area] - low) / (high - low);
    if (channels === 3) return [255 * share(0), 255 * share(1), 255 * share(2)];
    return colours.paperRgb.map((from, c) => from + (colours.inkRgb[c] - from) * share(0));
  };
}

function badge(context, x, y, text, ground) {
  context.fillStyle = ground;
  context.beginPath();
  context.arc(x, y, 7, 0, 7);
  context.fill();
  context.fillStyle = colours.paper;
  context.font = "bold 10px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, y + 0.5);
}

function pixelRange(pixels) {
  let [low, high] = [Infinity, -Infinity];
  for (const pixel of pixels) {
    low = Math.min(low, pixel);
    high = Math.max(high, pixel);
  }
  return [low, high > low ? high : low + 1];
}

views.push({ prepare: preparePictures, paint: paintPictures });
