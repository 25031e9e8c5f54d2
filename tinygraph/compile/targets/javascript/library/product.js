// out = a @ b for matrices with any strides: four columns at a time, so that each element of a
// is read once for four sums.
function product(
  out, outStart, outRow, outColumn,
  a, aStart, aRow, aInner,
  b, bStart, bInner, bColumn,
  rows, inner, columns,
) {
  const whole = columns - (columns % 4);
  for (let i = 0; i < rows; i++) {
    const aFirst = aStart + i * aRow;
    const outFirst = outStart + i * outRow;
    for (let j = 0; j < whole; j += 4) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      let p = aFirst, q = bStart + j * bColumn;
      for (let r = 0; r < inner; r++, p += aInner, q += bInner) {
        const factor = a[p];
        s0 += factor * b[q];
        s1 += factor * b[q + bColumn];
        s2 += factor * b[q + 2 * bColumn];
        s3 += factor * b[q + 3 * bColumn];
      }
      const o = outFirst + j * outColumn;
      out[o] = s0;
      out[o + outColumn] = s1;
      out[o + 2 * outColumn] = s2;
      out[o + 3 * outColumn] = s3;
    }
    for (let j = whole; j < columns; j++) {
      let sum = 0;
      let p = aFirst, q = bStart + j * bColumn;
      for (let r = 0; r < inner; r++, p += aInner, q += bInner) sum += a[p] * b[q];
      out[outFirst + j * outColumn] = sum;
    }
  }
}
