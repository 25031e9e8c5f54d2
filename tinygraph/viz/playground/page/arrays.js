// Arrays of a network: views of buffers, with shape, strides and offset.

// Call act(number, position) for each element; a view that is plain needs no arithmetic.
function eachElement({ data, shape, strides, offset }, act) {
  const count = shape.reduce((product, size) => product * size, 1);
  const isPlain = offset === 0 && count === data.length && !strides.includes(0);
  if (isPlain && isRowMajor(shape, strides)) {
    for (let k = 0; k < count; k++) act(data[k], k);
    return;
  }
  const index = shape.map(() => 0);
  let at = offset;
  for (let k = 0; k < count; k++) {
    act(data[at], k);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      index[axis] += 1;
      if (index[axis] < shape[axis]) break;
      at -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
  }
}

function isRowMajor(shape, strides) {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

// The element in a row and a column; a vector is one row, a number one element.
function elementAt({ data, shape, strides, offset }, row, column) {
  if (shape.length === 0) return data[offset];
  if (shape.length === 1) return data[offset + column * strides[0]];
  const lead = shape.length - 2;
  return data[offset + row * strides[lead] + column * strides[lead + 1]];
}

// The part of a view at one place of its first axis.
function partOf({ data, shape, strides, offset }, k) {
  return { data, shape: shape.slice(1), strides: strides.slice(1), offset: offset + k * strides[0] };
}

// Rows and columns of a view as a matrix.
function matrixShape({ shape }) {
  return [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
}

function normOf(view) {
  if (!view) return null;
  let sum = 0;
  eachElement(view, (number) => {
    sum += number * number;
  });
  return Math.sqrt(sum);
}

function largestOf(view) {
  let largest = 0;
  eachElement(view, (number) => {
    const size = Math.abs(number);
    if (size > largest && size < Infinity) largest = size;
  });
  return largest;
}

function isAllFinite(view) {
  let finite = true;
  eachElement(view, (number) => {
    if (!Number.isFinite(number)) finite = false;
  });
  return finite;
}

function numbersOf(view) {
  const numbers = [];
  eachElement(view, (number) => numbers.push(number));
  return numbers;
}
