// The playground: the run of now, its redraw, and the loop that trains.

const SPEEDS = [1, 2, 5, 15, 30, 60, 200, 1000, 5000, Infinity]; // epochs a second
const FRAME = 7; // milliseconds of training between two redraws at full speed
const CALM = 1000 / 15; // between two redraws of a large graph
const SPOKEN = 2000; // milliseconds between two summaries for a screen reader
let state = null;
let run = null;
let chosen = data.prediction;
let isPlaying = false;
let lastFrame = 0;
let lastDrawn = 0;
let lastSpoken = 0;
let owed = 0; // epochs that the speed asks for, not trained yet

// Begin a run. The parameters of now can be kept: after a change of the samples, for example.
function restart({ keep = false } = {}) {
  const parameters = keep && run ? run.parameters() : null;
  position = null;
  run = new Run(state, parameters);
  strongestPull = 0;
  for (const view of views) view.restart?.(run);
  forgetHistory();
  forgetTask();
  owed = 0;
  remember(run);
  refresh();
}

function refresh() {
  run.compute();
  draw();
}

function draw() {
  const step = nowInWalk();
  const place = step?.place ?? null;
  paintDiagram(run, reachedInWalk(), place, chosen);
  for (const view of views) view.paint?.(run);
  paintLoss();
  paintNorms();
  paintNode(run, place ?? chosen);
  showReadout();
  document.getElementById("sentence").replaceChildren(...sentenceOf(state));
  showDiagnosis();
  showTask(run);
  lastDrawn = performance.now();
}

function percent(share) {
  return share === null ? "–" : `${Math.floor(100 * share)} %`;
}

function showReadout() {
  const held = run.heldLoss;
  const set = (id, text) => {
    document.getElementById(id).textContent = text;
  };
  set("epoch", run.epoch.toLocaleString("en"));
  set("loss", lossText(run.loss));
  set("held", held === null ? "–" : lossText(held));
  set("accuracy", percent(accuracyOf(run.whole, run.trained)));
  document.getElementById("held").parentElement.hidden = held === null;
  document.getElementById("accuracy").parentElement.hidden = !labels?.classes;
  set("low", briefNumber(arrowScale.low));
  set("high", briefNumber(arrowScale.high));
  if (isPlaying && performance.now() - lastSpoken < SPOKEN) return;
  lastSpoken = performance.now();
  const accuracy = labels?.classes ? `, accuracy ${percent(accuracyOf(run.whole, run.trained))}` : "";
  set("summary", `Epoch ${run.epoch}, loss ${lossText(run.loss)}${accuracy}.`);
}

function lossText(loss) {
  return Number.isFinite(loss) ? String(Number(loss.toPrecision(4))) : "not finite";
}

function showDiagnosis() {
  const findings = diagnose(run);
  const shown = findings.slice(0, 2).map((text) => element("p", {}, "! ", text));
  if (findings.length > 2) shown.push(element("p", {}, `and ${plural(findings.length - 2, "more finding")}`));
  const place = document.getElementById("diagnosis");
  place.replaceChildren(...(shown.length ? shown : [element("p", { class: "well" }, praise(run))]));
}

function praise(run) {
  const well = "No unit is dead or saturated, and the gradient reaches every layer.";
  const norms = layerNorms(run.whole);
  const least = layers[norms.indexOf(Math.min(...norms))];
  return layers.length > 1 && least ? `${well} The smallest is that of ${least.name}.` : well;
}

function trainEpoch() {
  run.trainEpoch();
  if (run.stopped) return play(false);
  run.compute();
  remember(run);
  checkTask(run);
}

// Take a step. The curves need the gradients of the new parameters, at the end of an epoch.
function stepAndRemember() {
  const epoch = run.epoch;
  const loss = run.step();
  if (run.epoch > epoch && isRemembered(run.epoch)) {
    run.compute();
    remember(run);
  }
  return loss;
}

function frame(time) {
  if (!isPlaying) return;
  const seconds = Math.min(0.1, (time - lastFrame) / 1000);
  lastFrame = time;
  const rate = SPEEDS[state.speed];
  const end = performance.now() + FRAME;
  if (rate === Infinity) do trainEpoch(); while (isPlaying && performance.now() < end);
  else {
    owed = Math.min(owed + seconds * rate, rate);
    while (owed >= 1 && isPlaying && performance.now() < end) {
      trainEpoch();
      owed -= 1;
    }
  }
  const isLarge = data.nodes.length > 60;
  if (!isLarge || performance.now() - lastDrawn > CALM) draw();
  if (isPlaying) requestAnimationFrame(frame);
}

function play(on) {
  isPlaying = on && !run.stopped;
  position = null;
  const button = document.getElementById("play");
  button.querySelector("span").textContent = isPlaying ? "Pause" : "Train";
  button.querySelector("path").setAttribute("d", isPlaying ? "M3 2h4v12H3zM9 2h4v12H9z" : "M4 2l10 6-10 6z");
  if (isPlaying) {
    lastFrame = performance.now();
    requestAnimationFrame(frame);
  }
  refresh();
}

function oneEpoch() {
  if (isPlaying) play(false);
  position = null;
  trainEpoch();
  refresh();
}

// Go one op further. The update moves the parameters; the walk then begins again.
function oneOp() {
  if (isPlaying) play(false);
  position = position === null || position === walkSteps.length - 1 ? 0 : position + 1;
  if (nowInWalk().phase === "update") {
    const weights = run.whole.nodes[data.nodes[data.trained[0]].name].value.data;
    const before = weights[0];
    stepAndRemember();
    run.compute();
    moved = [before, weights[0]];
  }
  draw();
}

function choose(place) {
  chosen = place;
  draw();
}

// For tests, and for teachers on the console.
window.tinygraph = {
  step(n = 1) {
    const losses = Array.from({ length: n }, stepAndRemember);
    refresh();
    return losses;
  },
  reset: () => restart(),
  get epoch() {
    return run.epoch;
  },
  get loss() {
    return run.loss;
  },
  value: (name) => numbersOf(run.whole.nodes[name].value),
  gradient: (name) => {
    const { gradient } = run.whole.nodes[name];
    return gradient ? numbersOf(gradient) : null;
  },
};
