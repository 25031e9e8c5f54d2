// Maps over the plane: the prediction with the samples, and the value of every unit.

const CELLS = 56; // of a map, along each axis
const MOST_UNITS = 16; // of a layer
const REACH = 3.5; // decades of gradients that dots tell apart
const scratch = document.createElement("canvas");
scratch.width = CELLS;
scratch.height = CELLS;
const tiles = []; // a canvas for each unit
let grid = null; // the network at the middle of each cell
let gridSpan = [0, 1];
let strongestDot = 0; // of a sample on a unit

const unitLayers = data.nodes
  .map((node, place) => ({ ...node, place }))
  .filter(({ role, shape, place, isTrained }) =>
    isTrained &&
    (role === "activation" || place === data.prediction) &&
    shape.length === 2 && shape[0] === null && shape[1] <= MOST_UNITS);

function prepareFields(choose) {
  const list = document.getElementById("tiles");
  for (const layer of unitLayers) {
    const range = element("i");
    const across = Math.ceil(Math.sqrt(layer.shape[1]));
    const squares = element("div", { style: `grid-template-columns:repeat(${across},minmax(0,1fr))` });
    for (let unit = 0; unit < layer.shape[1]; unit++) {
      const canvas = element("canvas", {
        role: "img",
        "aria-label": `Unit ${unit + 1} of ${layer.name} over the plane`,
        onclick: () => choose(layer.place),
      });
      squares.append(canvas);
      tiles.push({ layer, unit, canvas, range, isSeen: false });
    }
    list.append(element("div", { class: "layer" }, element("span", {}, element("b", {}, layer.name), range), squares));
  }
}

// While it trains, only the maps within the window are painted: a deep network has a hundred.
function watchTiles() {
  const byCanvas = new Map(tiles.map((tile) => [tile.canvas, tile]));
  const watcher = new IntersectionObserver((changes) => {
    for (const { target: canvas, isIntersecting } of changes) {
      const tile = byCanvas.get(canvas);
      tile.isSeen = isIntersecting;
      if (isIntersecting) paintTile(tile, run);
    }
  }, { rootMargin: "200px" });
  for (const { canvas } of tiles) watcher.observe(canvas);
}

// A network for the middle of each cell, after a change of the samples or the activation.
function prepareGrid(run) {
  strongestDot = 0;
  if (data.fixedBatch !== null) return;
  gridSpan = spanOf(run.samples);
  grid = NETWORKS[run.state.activation](CELLS * CELLS);
  const [low, high] = gridSpan;
  const middle = (k) => low + ((k + 0.5) / CELLS) * (high - low);
  const points = Array.from({ length: CELLS * CELLS }, (_, k) =>
    [middle(k % CELLS), middle(CELLS - 1 - Math.floor(k / CELLS)), 0]);
  feedPoints(grid, points);
}

const across = (x, width) => ((x - gridSpan[0]) / (gridSpan[1] - gridSpan[0])) * width;
const down = (y, height) => ((gridSpan[1] - y) / (gridSpan[1] - gridSpan[0])) * height;

function paintFields(run) {
  if (grid) {
    run.share(grid);
    grid.forward();
  }
  paintRegion(run);
  for (const { name } of unitLayers) {
    strongestDot = Math.max(strongestDot, largestOf(run.whole.nodes[name].gradient));
  }
  for (const tile of tiles) if (tile.isSeen || !isPlaying) paintTile(tile, run);
}

function paintRegion(run) {
  const [context, width, height] = prepared(document.getElementById("map"));
  if (grid) {
    const prediction = grid.nodes[data.nodes[data.prediction].name].value;
    if (labels.classes > 2) classField(context, width, height, prediction);
    else {
      const [read, low, middle, high] = sureness(prediction);
      field(context, width, height, read, low, high);
      context.strokeStyle = colours.ink;
      context.lineWidth = 1.4;
      if (labels.classes) contour(context, width, height, read, middle);
    }
  }
  paintPoints(context, width, height, run);
}

// How sure a prediction is of the second class: a function of the row, and its range.
function sureness(prediction) {
  const columns = prediction.shape[1] ?? 1;
  if (columns > 1) {
    const read = (row) => {
      const [p, q] = [elementAt(prediction, row, 0), elementAt(prediction, row, 1)];
      const areShares = p >= 0 && q >= 0 && Math.abs(p + q - 1) < 1e-6;
      return areShares ? q : 1 / (1 + Math.exp(p - q));
    };
    return [read, 0, 0.5, 1];
  }
  const { data: numbers, offset, strides } = prediction;
  const read = (row) => numbers[offset + row * strides[0]];
  if (!labels.classes) return [read, labels.low, labels.low, labels.high];
  const reach = labels.high - labels.threshold || 1;
  return [read, labels.threshold - reach, labels.threshold, labels.threshold + reach];
}

function field(context, width, height, read, low, high) {
  const image = new ImageData(CELLS, CELLS);
  const [paper, map] = [colours.paperRgb, colours.mapRgb];
  const span = high - low || 1;
  for (let k = 0; k < CELLS * CELLS; k++) {
    const share = Math.min(1, Math.max(0, (read(k) - low) / span)) || 0;
    for (let c = 0; c < 3; c++) image.data[4 * k + c] = paper[c] + (map[c] - paper[c]) * share;
    image.data[4 * k + 3] = 255;
  }
  drawImage(context, width, height, image);
}

function classField(context, width, height, prediction) {
  const image = new ImageData(CELLS, CELLS);
  const columns = prediction.shape[1];
  for (let k = 0; k < CELLS * CELLS; k++) {
    const numbers = Array.from({ length: columns }, (_, j) => elementAt(prediction, k, j));
    const best = numbers.indexOf(Math.max(...numbers));
    const colour = rgbOf(CLASS_COLOURS[Math.max(0, best) % CLASS_COLOURS.length]);
    for (let c = 0; c < 3; c++) image.data[4 * k + c] = colours.paperRgb[c] * 0.6 + colour[c] * 0.4;
    image.data[4 * k + 3] = 255;
  }
  drawImage(context, width, height, image);
}

function drawImage(context, width, height, image) {
  scratch.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(scratch, 0, 0, width, height);
}

// The line where a map crosses a level, cell by cell (marching squares).
function contour(context, width, height, read, level) {
  const x = (i) => ((i + 0.5) / CELLS) * width;
  const y = (j) => ((j + 0.5) / CELLS) * height;
  context.beginPath();
  for (let j = 0; j < CELLS - 1; j++) {
    for (let i = 0; i < CELLS - 1; i++) {
      const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]];
      const heights = corners.map(([p, q]) => read(q * CELLS + p) - level);
      const cuts = [];
      for (let k = 0; k < 4; k++) {
        const [a, b] = [heights[k], heights[(k + 1) % 4]];
        if (a < 0 === b < 0) continue;
        const [from, to] = [corners[k], corners[(k + 1) % 4]];
        const share = a / (a - b);
        cuts.push([x(from[0] + share * (to[0] - from[0])), y(from[1] + share * (to[1] - from[1]))]);
      }
      for (let k = 0; k + 1 < cuts.length; k += 2) {
        context.moveTo(...cuts[k]);
        context.lineTo(...cuts[k + 1]);
      }
    }
  }
  context.stroke();
}

function paintPoints(context, width, height, run) {
  const pulls = pullsOf(run);
  const radius = run.samples.length > 300 ? 2.5 : 4.5;
  run.trained.forEach(([a, b], row) => {
    const size = 15 * Math.sqrt(Math.min(1, pulls[row] / (0.6 * strongestPull || 1)));
    if (!(size > 1.2)) return;
    context.beginPath();
    context.arc(across(a, width), down(b, height), radius + size * 0.55, 0, 7);
    context.strokeStyle = colours.glow;
    context.lineWidth = Math.max(1, size * 0.28);
    context.stroke();
  });
  run.trained.forEach((point, row) => dot(context, width, height, point, radius, data.marks.indexOf(row)));
  context.globalAlpha = 0.45;
  run.held.forEach((point) => dot(context, width, height, point, radius * 0.8, -1));
  context.globalAlpha = 1;
}

function dot(context, width, height, [a, b, label], radius, mark) {
  const isDark = labels.classes > 2 || label >= 0.5;
  context.beginPath();
  context.arc(across(a, width), down(b, height), mark >= 0 ? 7.5 : radius, 0, 7);
  context.fillStyle = labels.classes ? classColour(label) : colours.value;
  context.strokeStyle = isDark ? colours.paper : colours.ink;
  context.lineWidth = 1.4;
  context.fill();
  context.stroke();
  if (mark < 0) return;
  context.fillStyle = isDark ? colours.paper : colours.ink;
  context.font = "bold 10px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(mark + 1, across(a, width), down(b, height) + 0.5);
}

function paintTile({ layer, unit, canvas, range }, run) {
  if (!grid) return;
  const [context, width, height] = prepared(canvas);
  const { value } = grid.nodes[layer.name];
  let [low, high] = [Infinity, -Infinity];
  eachElement(value, (number) => {
    low = Math.min(low, number);
    high = Math.max(high, number);
  });
  field(context, width, height, (row) => elementAt(value, row, unit), low, high);
  const { gradient } = run.whole.nodes[layer.name];
  context.fillStyle = colours.glow;
  run.trained.forEach(([a, b], row) => {
    const size = Math.abs(elementAt(gradient, row, unit));
    const share = size ? 1 + Math.log10(size / strongestDot) / REACH : 0;
    if (!(share > 0.02)) return;
    context.globalAlpha = 0.25 + 0.7 * share;
    context.beginPath();
    context.arc(across(a, width), down(b, height), (0.4 + 4.4 * share) * Math.min(1.25, width / 110), 0, 7);
    context.fill();
  });
  context.globalAlpha = 1;
  range.textContent = `${briefNumber(low)} … ${briefNumber(high)}`;
}

views.push({ prepare: prepareFields, restart: prepareGrid, paint: paintFields, connect: watchTiles });
