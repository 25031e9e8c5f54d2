// The views of the samples and of the units. Which ones a page has depends on its data: each script may
// add `prepare(choose)`, `restart(run)` for a new run, `paint(run)` and `connect()` for its controls.

const views = [];
const sheet = document.createElement("canvas"); // of pictures, before it is enlarged
// What the loss compares the prediction with.
const target = data.nodes[data.output].inputs
  .map((k) => data.nodes[k])
  .find(({ inputs, shape }) => !inputs.length && shape[0] === null);
// The kind of view in the card “Prediction”.
const regionKind = (() => {
  if (plane) return "plane";
  if (labels?.classes) return data.pictures ? "pictures" : "counts";
  return target ? "agreement" : null;
})();
// At a squashing output the gradient of a right answer fades: samples show the one before it.
const pulled = (() => {
  let node = data.nodes[data.prediction];
  while (node.role === "activation" && node.inputs.length === 1) node = data.nodes[node.inputs[0]];
  return node;
})();
let strongestPull = 0; // of a sample on the prediction, since the start

// How hard each sample pulls: the norm of its row of the gradient.
function pullsOf(run) {
  const { gradient } = run.whole.nodes[pulled.name];
  const pulls = run.trained.map((_, row) => (gradient ? rowNorm(gradient, row) : 0));
  strongestPull = pulls.reduce((a, b) => Math.max(a, b), strongestPull);
  return pulls;
}

function rowNorm({ data: numbers, shape, strides, offset }, row) {
  let sum = 0;
  for (let j = 0; j < (shape[1] ?? 1); j++) {
    const g = numbers[offset + row * (strides[0] ?? 0) + j * (strides[1] ?? 0)];
    sum += g * g;
  }
  return Math.sqrt(sum);
}

// Add a canvas with a heading to the card “Units”.
function addTile(title, ...canvases) {
  const heading = element("span", {}, element("b", {}, title));
  document.getElementById("tiles").append(element("div", { class: "layer" }, heading, ...canvases));
}

// Paint pictures in rows, with `across` in each; colourOf(picture, row, column) is red, green, blue.
function paintSheet(canvas, { count, height, width, across, gap = 1 }, colourOf) {
  sheet.width = across * (width + gap) - gap;
  sheet.height = Math.ceil(count / across) * (height + gap) - gap;
  canvas.style.aspectRatio ||= `${sheet.width} / ${sheet.height}`;
  const image = new ImageData(sheet.width, sheet.height);
  for (let k = 0; k < count; k++) {
    const [left, top] = [(k % across) * (width + gap), Math.floor(k / across) * (height + gap)];
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++) {
        const at = 4 * ((top + i) * sheet.width + left + j);
        image.data.set(colourOf(k, i, j), at);
        image.data[at + 3] = 255;
      }
    }
  }
  sheet.getContext("2d").putImageData(image, 0, 0);
  const [context, width2, height2] = prepared(canvas);
  context.imageSmoothingEnabled = false;
  context.drawImage(sheet, 0, 0, width2, height2);
  return context;
}
