// Return the prediction for some samples: a nested array, or a number.
export function predict(feeds) {
  const inputs = $inputs;
  const samples = inputs.length ? feeds[inputs[0]].length ?? 1 : 1;
  const copy = network(samples);
  fill(copy, parameters);
  fill(copy, feeds);
  copy.forward();
  return nested(copy.nodes[$prediction].value);
}

// Copy numbers into the leaves of a network, by name.
function fill(copy, numbers) {
  for (const [name, entries] of Object.entries(numbers)) {
    copy.nodes[name].value.data.set([entries].flat(Infinity));
  }
}

// Return a view as nested arrays.
function nested({ data, shape, strides, offset }, axis = 0, start = offset) {
  if (axis === shape.length) return data[start];
  return Array.from({ length: shape[axis] }, (_, k) =>
    nested({ data, shape, strides, offset }, axis + 1, start + k * strides[axis]),
  );
}
