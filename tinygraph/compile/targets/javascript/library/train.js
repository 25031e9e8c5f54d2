const trained = $trained;
const memory = {}; // the optimizer's state
${groups}let taken = 0; // steps so far

// Take training steps on one batch: change the parameters, and return the loss before each step.
export function train(feeds, steps, settings = $settings) {
  const copy = network(samplesIn(feeds, $inputs));
  fill(copy, parameters);
  fill(copy, feeds);
  const losses = [];
  for (let step = 0; step < steps; step++) {
    copy.forward();
    losses.push(copy.loss.data[copy.loss.offset]);
    copy.backward();
    taken += 1;
$clip    for (const name of trained) {
      const { value, gradient } = copy.nodes[name];
      const room = () => new value.data.constructor(value.data.length);
      memory[name] ??= Array.from({ length: $slots }, room);
      update(value.data, $gradient, memory[name], $own, taken);
    }
  }
  for (const name of trained) parameters[name] = Array.from(copy.nodes[name].value.data);
  return losses;
}
