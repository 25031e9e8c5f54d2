// An array of any shape: where its elements stand in a buffer.
function view(data, shape, strides, offset) {
  return { data, shape, strides, offset };
}
