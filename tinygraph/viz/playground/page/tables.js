// For data without a plane: each layer as samples × units, and the prediction against the labels.

const MOST_ROWS = 40;
const MOST_TABLES = 8; // side by side, such as the heads of attention
const layersShown = data.nodes
  .filter(({ role, shape, isTrained }) => isTrained && role === "activation" && shape.length > 1 && shape[0] === null)
  .filter(({ shape }) => shape.length === 2 || !data.pictures) // images have sheets of their own
  .slice(-3);

// A layer of a sequence is shown for the first marked sample.
function prepareTables() {
  for (const layer of layersShown) {
    const { name, shape } = layer;
    const rows = ["a row for each sample", "a row for each position"][Number(shape.length > 2)];
    const label = `${name}: ${rows}, a column for each ${shape.length > 3 ? "position" : "unit"}`;
    layer.canvas = element("canvas", { class: "table", role: "img", "aria-label": label });
    addTile(shape.length > 2 ? `${name}, sample ①` : name, layer.canvas);
  }
}

function paintTables(run) {
  for (const { name, canvas } of layersShown) {
    const { value } = run.whole.nodes[name];
    const view = value.shape.length > 2 ? partOf(value, data.marks[0] % value.shape[0]) : value;
    const [rows, columns] = matrixShape(view);
    const limit = largestOf(view) || 1;
    const isTall = view.shape.length === 2;
    const count = isTall ? 1 : Math.min(view.shape[0], MOST_TABLES);
    paintSheet(canvas, { count, height: Math.min(rows, MOST_ROWS), width: columns, across: Math.min(count, 4) },
      (k, row, column) => heatRgb(elementAt(isTall ? view : partOf(view, k), row, column) / limit));
  }
  if (regionKind === "counts") paintCounts(run);
  if (regionKind === "agreement") paintAgreement(run);
}

// How often each class is taken for each class: labels down, decisions across.
function paintCounts(run) {
  const [context, width, height] = prepared(document.getElementById("map"));
  const counts = Array.from({ length: labels.classes }, () => Array(labels.classes).fill(0));
  eachDecision(run.whole, run.trained, (label, decision) => {
    counts[label][decision] += 1;
  });
  const margin = 30;
  const [cellWidth, cellHeight] = [(width - margin) / labels.classes, (height - margin) / labels.classes];
  context.textAlign = "center";
  context.textBaseline = "middle";
  counts.forEach((row, k) => {
    const all = row.reduce((a, b) => a + b, 0) || 1;
    row.forEach((size, j) => {
      context.globalAlpha = (0.85 * size) / all;
      context.fillStyle = j === k ? colours.map : colours.glow;
      context.fillRect(margin + j * cellWidth + 1, k * cellHeight + 1, cellWidth - 2, cellHeight - 2);
      context.globalAlpha = 1;
      context.fillStyle = colours.ink;
      context.font = "13px system-ui, sans-serif";
      if (size) context.fillText(size, margin + (j + 0.5) * cellWidth, (k + 0.5) * cellHeight);
    });
    context.fillStyle = colours.quiet;
    context.font = "12px system-ui, sans-serif";
    context.fillText(k, margin - 9, (k + 0.5) * cellHeight);
    context.fillText(k, margin + (k + 0.5) * cellWidth, height - margin + 9);
  });
  context.fillText("decision →", margin + (width - margin) / 2, height - 7);
  context.save();
  context.rotate(-Math.PI / 2);
  context.fillText("← label", -(height - margin) / 2, 8);
  context.restore();
}

// A point for each output of each sample, its label across and its prediction up.
function paintAgreement(run) {
  const [context, width, height] = prepared(document.getElementById("map"));
  const wanted = numbersOf(run.whole.nodes[target.name].value);
  const predicted = numbersOf(run.whole.nodes[data.nodes[data.prediction].name].value);
  if (wanted.length !== predicted.length) return;
  const all = [...wanted, ...predicted].filter(Number.isFinite);
  const low = all.reduce((a, b) => Math.min(a, b), Infinity);
  const high = all.reduce((a, b) => Math.max(a, b), -Infinity);
  const margin = 30;
  const place = (number, size) => margin + ((number - low) / (high - low || 1)) * (size - 1.5 * margin);
  context.strokeStyle = colours.line;
  context.strokeRect(margin - 8, margin / 2 - 8, width - 1.5 * margin + 16, height - 1.5 * margin + 16);
  context.beginPath();
  context.moveTo(place(low, width), height - place(low, height));
  context.lineTo(place(high, width), height - place(high, height));
  context.stroke();
  wanted.forEach((label, k) => {
    const [x, y] = [place(label, width), height - place(predicted[k], height)];
    context.strokeStyle = colours.glow; // the error: from the label's line to the prediction
    context.beginPath();
    context.moveTo(x, height - place(label, height));
    context.lineTo(x, y);
    context.stroke();
    context.fillStyle = colours.value;
    context.beginPath();
    context.arc(x, y, 4, 0, 7);
    context.fill();
  });
  context.font = "12px system-ui, sans-serif";
  axisText(context, briefNumber(low), margin, height - 10, "left");
  axisText(context, "label →", width / 2, height - 10, "center");
  axisText(context, briefNumber(high), width - margin / 2, height - 10, "right");
  context.save();
  context.rotate(-Math.PI / 2);
  axisText(context, "prediction →", -height / 2, 9, "center");
  context.restore();
}

views.push({ prepare: prepareTables, paint: paintTables });
