// What is wrong now, by the rules of tg.diagnose: dead and saturated units, gradients that vanish or
// explode, and numbers that are not finite.

const FLAT = 0.05; // a slope below this fraction of the steepest counts as flat
const MOST = 0.9; // a unit that is flat for this fraction of the samples is saturated
const STEP = 10; // the norm of the gradient changes by more than this from layer to layer
const WHOLE = 1000; // the same from the last layer to the first

const activationLayers = data.nodes.filter((node) => node.role === "activation" && node.isTrained);

function diagnose(run) {
  const steepest = data.steepest[run.state.activation];
  const findings = [];
  if (run.stopped) return [`Training stopped: ${run.stopped} Reset, and try a smaller learning rate.`];
  for (const layer of activationLayers) {
    if (!(layer.name in steepest)) continue;
    const { dead, saturated, units } = unitStates(run.whole.nodes[layer.name], steepest[layer.name]);
    if (dead) findings.push(`${layer.name}: ${count(dead, units)} dead: 0 for every sample, so no gradient passes.`);
    const isSuccess = layer === data.nodes[data.prediction] && accuracyOf(run.whole, run.trained) === 1;
    if (saturated && !isSuccess) {
      findings.push(`${layer.name}: ${count(saturated, units)} saturated: the slope is almost 0 for most samples, so little gradient passes.`);
    }
  }
  return [...findings, ...lostGradients(run)];
}

function count(few, units) {
  return `${few} of ${units} unit${units > 1 ? "s" : ""} ${few === 1 ? "is" : "are"}`;
}

// An activation passes g · slope to its input, so the slope is what it passes divided by g. The units
// are the columns of a table, and the channels of images.
function unitStates({ value, gradient, passes }, steepest) {
  const { shape } = value;
  const axis = shape.length === 4 ? 1 : shape.length - 1;
  const states = { dead: 0, saturated: 0, units: shape.length > 1 ? shape[axis] : 1 };
  const passed = passes?.[0];
  if (!passed || !gradient || shape.length < 2 || shape[0] < 2) return states;
  const [values, sent, received] = [value, passed, gradient].map(numbersOf);
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const flat = Array(states.units).fill(0);
  const zero = Array(states.units).fill(0);
  values.forEach((number, k) => {
    const unit = Math.floor(k / inner) % states.units;
    const slope = received[k] === 0 ? NaN : Math.abs(sent[k] / received[k]);
    if (number === 0 && !(slope > 0)) zero[unit] += 1;
    else if (slope < FLAT * steepest) flat[unit] += 1;
  });
  const each = values.length / states.units;
  states.dead = zero.filter((count) => count === each).length;
  states.saturated = flat.filter((count, unit) => count >= MOST * each && zero[unit] < each).length;
  return states;
}

function lostGradients(run) {
  const norms = activationLayers.map((layer) => normOf(run.whole.nodes[layer.name].gradient));
  const findings = [];
  for (let k = 1; k < norms.length; k++) {
    if (norms[k] === 0) continue;
    if (norms[k - 1] === 0) {
      findings.push(`${activationLayers[k - 1].name}: no gradient arrives, so the layers before it do not learn.`);
      continue;
    }
    const ratio = norms[k - 1] / norms[k];
    const [before, after] = [activationLayers[k - 1].name, activationLayers[k].name];
    if (ratio > STEP) findings.push(`${before}: the gradient explodes: it is ${shortNumber(ratio)} times that of ${after}.`);
    if (ratio < 1 / STEP) findings.push(`${before}: the gradient vanishes: it is ${shortNumber(ratio)} times that of ${after}.`);
  }
  const whole = norms[0] / norms.at(-1);
  if (norms.length > 2 && norms[0] > 0 && !findings.length && (whole < 1 / WHOLE || whole > WHOLE)) {
    const verb = whole < 1 ? "vanishes" : "explodes";
    findings.push(`The gradient ${verb} over ${norms.length - 1} layers: ${activationLayers[0].name} has ${shortNumber(whole)} times that of ${activationLayers.at(-1).name}.`);
  }
  return findings;
}
