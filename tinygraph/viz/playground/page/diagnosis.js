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

// An activation passes g · slope to its input, so the slope is what it passes divided by g.
function unitStates({ value, gradient, passes }, steepest) {
  const units = value.shape.length > 1 ? value.shape.at(-1) : 1;
  const samples = value.shape.length > 1 ? value.shape[0] : value.shape[0] ?? 1;
  const states = { dead: 0, saturated: 0, units };
  const passed = passes?.[0];
  if (!passed || !gradient || value.shape.length !== 2 || samples < 2) return states;
  for (let unit = 0; unit < units; unit++) {
    let flat = 0;
    let zero = 0;
    for (let row = 0; row < samples; row++) {
      const g = elementAt(gradient, row, unit);
      const slope = g === 0 ? NaN : Math.abs(elementAt(passed, row, unit) / g);
      if (elementAt(value, row, unit) === 0 && !(slope > 0)) zero += 1;
      else if (slope < FLAT * steepest) flat += 1;
    }
    if (zero === samples) states.dead += 1;
    else if (flat >= MOST * samples) states.saturated += 1;
  }
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
