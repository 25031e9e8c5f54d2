// A training run: the network for all samples, those for mini-batches, and the optimizer's state.
// It knows nothing of the page.

class Run {
  constructor(state, parameters = null) {
    this.state = state;
    const build = NETWORKS[state.activation];
    this.samples = samplesOf(state);
    [this.trained, this.held] = partSamples(this.samples, state.share);
    this.whole = build(this.trained.length);
    feed(this.whole, this.trained);
    this.validation = this.held.length ? build(this.held.length) : null;
    if (this.validation) feed(this.validation, this.held);
    this.load(parameters ?? data.starts[state.seed]);
    this.size = Math.min(state.batch || this.trained.length, this.trained.length);
    this.isWhole = this.size === this.trained.length;
    this.copies = new Map(); // the networks for mini-batches, by size
    this.epoch = 0;
    this.steps = 0;
    this.stopped = ""; // why no further step is possible
    this.memory = {};
    this.rng = generator(data.generator);
    this.order = [];
    this.compute();
  }

  load(parameters) {
    for (const [name, numbers] of Object.entries(parameters)) {
      this.whole.nodes[name].value.data.set(numbers);
    }
  }

  parameters() {
    const names = Object.keys(data.starts[0]);
    return Object.fromEntries(names.map((name) => [name, [...this.whole.nodes[name].value.data]]));
  }

  // Forward and backward on all samples: the numbers that the page shows.
  compute() {
    this.whole.forward();
    this.whole.backward();
    if (this.validation) {
      this.share(this.validation);
      this.validation.forward();
    }
  }

  get loss() {
    return lossOf(this.whole);
  }

  get heldLoss() {
    return this.validation ? lossOf(this.validation) : null;
  }

  // Copy the parameters into another network.
  share(network) {
    for (const name of Object.keys(data.starts[0])) {
      network.nodes[name].value.data.set(this.whole.nodes[name].value.data);
    }
  }

  // Take one step of the optimizer. Return the loss before it.
  step() {
    if (this.stopped) return NaN;
    const network = this.isWhole ? this.whole : this.nextBatch();
    network.forward();
    const loss = lossOf(network);
    if (!Number.isFinite(loss)) {
      this.stopped = `${firstNonFinite(network)} is not finite in epoch ${this.epoch + 1}.`;
      return loss;
    }
    network.backward();
    this.update(network);
    if (this.isWhole || this.order.length === 0) this.epoch += 1;
    return loss;
  }

  // Train to the end of the epoch.
  trainEpoch() {
    const { epoch } = this;
    while (this.epoch === epoch && !this.stopped) this.step();
  }

  nextBatch() {
    if (this.order.length === 0) this.order = this.rng.permutation(this.trained.length);
    const rows = this.order.splice(0, this.size);
    if (!this.copies.has(rows.length)) {
      this.copies.set(rows.length, NETWORKS[this.state.activation](rows.length));
    }
    const network = this.copies.get(rows.length);
    feed(network, rows.map((row) => this.trained[row]));
    this.share(network);
    return network;
  }

  update(network) {
    const { optimizer, lr, decay } = this.state;
    const { settings, slots } = data.optimizers[optimizer];
    this.steps += 1;
    for (const place of data.trained) {
      const { name } = data.nodes[place];
      const weights = this.whole.nodes[name].value.data;
      const gradient = network.nodes[name].gradient;
      if (!gradient) continue;
      const own = decay ? withDecay(gradient.data, weights, decay) : gradient.data;
      this.memory[name] ??= Array.from({ length: slots }, () =>
        new weights.constructor(weights.length));
      UPDATES[optimizer](weights, own, this.memory[name], { ...settings, lr }, this.steps);
    }
  }

  // The optimizer begins again: its state belongs to another rule.
  forget() {
    this.memory = {};
    this.steps = 0;
  }
}

function lossOf(network) {
  return network.loss.data[network.loss.offset];
}

// The gradient of L + decay / 2 · ‖w‖².
function withDecay(gradient, weights, decay) {
  return gradient.map((g, k) => g + decay * weights[k]);
}

function firstNonFinite(network) {
  const node = data.nodes.find(({ name }) => !isAllFinite(network.nodes[name]?.value ?? network.loss));
  return node ? node.name : "the loss";
}

// The class that a prediction decides for, in a sequence at one position.
function decided({ data: numbers, shape, strides, offset }, row, position = 0) {
  const isSequence = shape.length === 3;
  const start = offset + row * (strides[0] ?? 0) + (isSequence ? position * strides[1] : 0);
  const columns = (isSequence ? shape[2] : shape[1]) ?? 1;
  if (columns === 1) return Number(numbers[start] > labels.threshold);
  const stride = strides.at(-1);
  let best = 0;
  for (let j = 1; j < columns; j++) {
    if (numbers[start + j * stride] > numbers[start + best * stride]) best = j;
  }
  return best;
}

// Call act(class, decision) for each label of each sample.
function eachDecision(network, samples, act) {
  const prediction = network.nodes[data.nodes[data.prediction].name].value;
  samples.forEach((sample, row) => {
    for (let k = 0; k < positions; k++) act(classOf(sample, k), decided(prediction, row, k));
  });
}

// The fraction of labels that a network decides for; null for a regression.
function accuracyOf(network, samples) {
  if (!labels?.classes || !samples.length) return null;
  let right = 0;
  eachDecision(network, samples, (label, decision) => {
    right += label === decision;
  });
  return right / (samples.length * positions);
}
