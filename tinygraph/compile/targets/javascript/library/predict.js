// Return the prediction for some samples: a nested array, or a number.
export function predict(feeds) {
  const inputs = $inputs;
  const copy = network(samplesIn(feeds, inputs));
  fill(copy, parameters);
  fill(copy, feeds);
  copy.forward();
  return nested(copy.nodes[$prediction].value);
}

// Return the number of samples. The inputs say by name whether they have a batch axis.
function samplesIn(feeds, inputs) {
  for (const name of Object.keys(inputs)) {
    if (!(name in feeds)) throw new Error(`The network needs a feed for the input "$${name}".`);
  }
  const batched = Object.keys(inputs).find((name) => inputs[name]);
  return batched === undefined ? 1 : feeds[batched].length;
}

// Copy numbers into the leaves of a network, by name.
function fill(copy, numbers) {
  for (const [name, entries] of Object.entries(numbers)) {
    const node = copy.nodes[name];
    if (!node) throw new Error(`The network has no node "$${name}".`);
    const { data } = node.value;
    const flat = [entries].flat(Infinity);
    if (flat.length !== data.length) {
      throw new RangeError(`"$${name}" takes $${data.length} numbers; got $${flat.length}.`);
    }
    data.set(flat);
  }
}

// Return a view as nested arrays.
function nested({ data, shape, strides, offset }, axis = 0, start = offset) {
  if (axis === shape.length) return data[start];
  return Array.from({ length: shape[axis] }, (_, k) =>
    nested({ data, shape, strides, offset }, axis + 1, start + k * strides[axis]),
  );
}
