// For data without a plane: the prediction against the labels, and each layer as samples × units.

const MOST_ROWS = 40;
const layersShown = data.nodes
  .filter(({ role, shape, isTrained }) => isTrained && role === "activation" && shape.length === 2 && shape[0] === null)
  .slice(-3);
// The labels: the input that the loss reads and the prediction does not.
const target = (() => {
  const loss = data.nodes[data.output];
  const found = loss.inputs.map((k) => data.nodes[k]).find(({ role, inputs }) => role === "input" && !inputs.length);
  return found ?? null;
})();

function prepareTables() {
  if (plane) return;
  const list = document.getElementById("tiles");
  for (const layer of layersShown) {
    const canvas = element("canvas", { class: "table", role: "img", "aria-label": `${layer.name}: a row for each sample, a column for each unit` });
    list.append(element("div", { class: "layer" }, element("span", {}, element("b", {}, layer.name)), canvas));
    layer.canvas = canvas;
  }
}

function paintTables(run) {
  if (plane) return;
  for (const layer of layersShown) {
    const { value } = run.whole.nodes[layer.name];
    const [rows, columns] = matrixShape(value);
    const shown = Math.min(rows, MOST_ROWS);
    const limit = largestOf(value) || 1;
    const [context, width, height] = prepared(layer.canvas);
    for (let row = 0; row < shown; row++) {
      for (let column = 0; column < columns; column++) {
        context.fillStyle = heat(elementAt(value, row, column) / limit);
        context.fillRect((column * width) / columns, (row * height) / shown, width / columns + 0.5, height / shown + 0.5);
      }
    }
  }
  paintAgreement(run);
}

// A point for each output of each sample, its label across and its prediction up.
function paintAgreement(run) {
  const [context, width, height] = prepared(document.getElementById("map"));
  const prediction = run.whole.nodes[data.nodes[data.prediction].name].value;
  if (!target) return;
  const labels = numbersOf(run.whole.nodes[target.name].value);
  const predicted = numbersOf(prediction);
  if (labels.length !== predicted.length) return;
  const low = Math.min(...labels, ...predicted);
  const high = Math.max(...labels, ...predicted);
  const span = high - low || 1;
  const margin = 24;
  const place = (number, size) => margin + ((number - low) / span) * (size - 2 * margin);
  context.strokeStyle = colours.line;
  context.beginPath();
  context.moveTo(place(low, width), height - place(low, height));
  context.lineTo(place(high, width), height - place(high, height));
  context.stroke();
  context.fillStyle = colours.value;
  labels.forEach((label, k) => {
    context.beginPath();
    context.arc(place(label, width), height - place(predicted[k], height), 3.5, 0, 7);
    context.fill();
  });
  context.fillStyle = colours.quiet;
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "center";
  context.fillText("label →", width / 2, height - 5);
  context.textAlign = "left";
  context.fillText("prediction ↑", 6, 14);
}
