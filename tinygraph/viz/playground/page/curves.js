// Curves: the loss, and the gradient norm of each layer's parameters; histograms of one node.

const MOST_POINTS = 1000; // of a curve; a longer one keeps every second point
const layers = (() => {
  const found = new Map();
  for (const place of data.trained) {
    const { name, layer } = data.nodes[place];
    const key = layer || name;
    found.set(key, [...(found.get(key) ?? []), name]);
  }
  return [...found].map(([name, parameters]) => ({ name, parameters }));
})();
let history = null;

function forgetHistory() {
  history = { every: 1, epochs: [], loss: [], held: [], norms: layers.map(() => []) };
}

function layerNorms(network) {
  return layers.map(({ parameters }) =>
    Math.hypot(...parameters.map((name) => normOf(network.nodes[name].gradient) ?? 0)));
}

function isRemembered(epoch) {
  return epoch % history.every === 0;
}

// The loss after an epoch, with the gradients there.
function remember(run) {
  if (!isRemembered(run.epoch)) return;
  history.epochs.push(run.epoch);
  history.loss.push(run.loss);
  history.held.push(run.heldLoss);
  layerNorms(run.whole).forEach((norm, k) => history.norms[k].push(norm));
  if (history.loss.length <= MOST_POINTS) return;
  history.every *= 2;
  const half = (list) => list.filter((_, k) => history.epochs[k] % history.every === 0);
  history.loss = half(history.loss);
  history.held = half(history.held);
  history.norms = history.norms.map(half);
  history.epochs = history.epochs.filter((epoch) => epoch % history.every === 0);
}

const PAD = { left: 42, right: 62, top: 8, bottom: 18 };

function frameOf(canvas) {
  const [context, width, height] = prepared(canvas);
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(PAD.left, PAD.top);
  context.lineTo(PAD.left, height - PAD.bottom);
  context.lineTo(width - PAD.right, height - PAD.bottom);
  context.stroke();
  context.fillStyle = colours.quiet;
  context.font = "11px system-ui, sans-serif";
  const last = history.epochs.at(-1) || 1;
  const x = (epoch) => PAD.left + (epoch / last) * (width - PAD.left - PAD.right);
  return { context, width, height, x };
}

function line({ context, x }, numbers, y, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.lineJoin = "round";
  context.beginPath();
  let isDown = false;
  numbers.forEach((number, k) => {
    if (number === null || !Number.isFinite(number)) isDown = false;
    else {
      context[isDown ? "lineTo" : "moveTo"](x(history.epochs[k]), y(number));
      isDown = true;
    }
  });
  context.stroke();
}

function axisText(context, text, x, y, align) {
  context.fillStyle = colours.quiet;
  context.textAlign = align;
  context.textBaseline = "middle";
  context.fillText(text, x, y);
}

function paintLoss() {
  const frame = frameOf(document.getElementById("loss-curve"));
  const { context, width, height } = frame;
  const finite = [...history.loss, ...history.held].filter((loss) => loss !== null && Number.isFinite(loss));
  const high = Math.max(...finite, 1e-9);
  const low = Math.min(0, ...finite);
  const y = (loss) => height - PAD.bottom - ((loss - low) / (high - low || 1)) * (height - PAD.top - PAD.bottom);
  axisText(context, briefNumber(high), PAD.left - 5, y(high), "right");
  axisText(context, briefNumber(low), PAD.left - 5, y(low), "right");
  axisText(context, "0", PAD.left, height - 8, "center");
  axisText(context, `epoch ${history.epochs.at(-1) ?? 0}`, width - PAD.right, height - 8, "right");
  line(frame, history.held, y, colours.quiet);
  line(frame, history.loss, y, colours.value);
  labelEnds(frame, [
    { text: "training", last: history.loss.at(-1), colour: colours.value },
    { text: "held out", last: history.held.at(-1), colour: colours.quiet },
  ], y);
}

function paintNorms() {
  const frame = frameOf(document.getElementById("gradient-curve"));
  const { context, height, width } = frame;
  const all = history.norms.flat().filter((norm) => norm > 0 && Number.isFinite(norm));
  if (!all.length) return;
  const low = Math.floor(Math.log10(Math.min(...all)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...all))));
  const y = (norm) => {
    const power = Math.max(low, Math.log10(norm));
    return height - PAD.bottom - ((power - low) / (high - low)) * (height - PAD.top - PAD.bottom);
  };
  const every = Math.ceil((high - low) / 4);
  for (let power = low; power <= high; power += every) {
    context.strokeStyle = colours.line;
    context.lineWidth = 0.6;
    context.beginPath();
    context.moveTo(PAD.left, y(10 ** power));
    context.lineTo(width - PAD.right, y(10 ** power));
    context.stroke();
    axisText(context, power === 0 ? "1" : `10${superscript(power)}`, PAD.left - 5, y(10 ** power), "right");
  }
  layers.forEach((_, k) => line(frame, history.norms[k], y, layerColour(k)));
  const ends = layers.map(({ name }, k) => ({ text: name, last: history.norms[k].at(-1), colour: layerColour(k) }));
  labelEnds(frame, ends.length > MOST_NAMES ? [ends[0], ends.at(-1)] : ends, y);
}

// The names of the curves at their ends, moved apart where they would cover each other.
function labelEnds({ context, width, height }, ends, y) {
  const shown = ends
    .filter(({ last }) => last !== null && Number.isFinite(last))
    .map((end) => ({ ...end, at: y(end.last) }))
    .sort((a, b) => a.at - b.at);
  shown.forEach((end, k) => {
    if (k) end.at = Math.max(end.at, shown[k - 1].at + 12);
  });
  const over = (shown.at(-1)?.at ?? 0) - (height - PAD.bottom);
  context.textAlign = "left";
  for (const { text, at, colour } of shown) {
    context.fillStyle = colour;
    context.fillText(text.length > 9 ? `${text.slice(0, 8)}…` : text, width - PAD.right + 6, at - Math.max(0, over));
  }
}

const MOST_NAMES = 7; // next to the curves; of more layers only the first and the last are named

// Layers differ in colour, and their names stand at the ends.
const LAYER_COLOURS = { light: ["#b25400", "#7a4fb5", "#00755a", "#0067a3", "#a3195b", "#5b6472"], dark: ["#ffa66e", "#c3a5f5", "#5fd3b0", "#7cc0f2", "#f493bf", "#b3bac5"] };

function layerColour(k) {
  const shades = LAYER_COLOURS[document.documentElement.dataset.theme === "dark" ? "dark" : "light"];
  return shades[k % shades.length];
}

function superscript(power) {
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  return String(power).replace(/./g, (sign) => (sign === "-" ? "⁻" : digits[sign]));
}

const BINS = 24;

function paintHistogram(canvas, view, colour) {
  const [context, width, height] = prepared(canvas);
  if (!view) return;
  const numbers = numbersOf(view).filter(Number.isFinite);
  if (!numbers.length) return;
  let low = numbers.reduce((a, b) => Math.min(a, b));
  let high = numbers.reduce((a, b) => Math.max(a, b));
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const bins = Array.from({ length: BINS }, () => 0);
  for (const number of numbers) bins[Math.min(BINS - 1, Math.floor(((number - low) / (high - low)) * BINS))] += 1;
  const most = Math.max(...bins);
  const room = height - 15;
  context.fillStyle = colour;
  bins.forEach((size, k) => {
    const tall = (room * size) / most;
    context.fillRect((k * width) / BINS + 0.5, room - tall, width / BINS - 1, tall);
  });
  context.fillStyle = colours.line;
  context.fillRect(0, room, width, 1);
  context.font = "11px system-ui, sans-serif";
  axisText(context, briefNumber(low), 0, height - 6, "left");
  axisText(context, briefNumber(high), width, height - 6, "right");
}
