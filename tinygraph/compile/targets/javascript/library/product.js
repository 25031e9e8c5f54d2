// out = a @ b for matrices with any strides. Blocks of two rows and four columns: each element that
// is read serves several of the eight sums.
function product(
  out, outStart, outRow, outColumn,
  a, aStart, aRow, aInner,
  b, bStart, bInner, bColumn,
  rows, inner, columns,
) {
  const evenRows = rows - (rows % 2);
  const wholeColumns = columns - (columns % 4);
  const [b2, b3] = [2 * bColumn, 3 * bColumn];
  for (let j = 0; j < wholeColumns; j += 4) {
    for (let i = 0; i < evenRows; i += 2) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0; // of the row above
      let t0 = 0, t1 = 0, t2 = 0, t3 = 0; // of the row below
      let p = aStart + i * aRow;
      let q = bStart + j * bColumn;
      for (let r = 0; r < inner; r++, p += aInner, q += bInner) {
        const above = a[p], below = a[p + aRow];
        const c0 = b[q], c1 = b[q + bColumn], c2 = b[q + b2], c3 = b[q + b3];
        s0 += above * c0;
        s1 += above * c1;
        s2 += above * c2;
        s3 += above * c3;
        t0 += below * c0;
        t1 += below * c1;
        t2 += below * c2;
        t3 += below * c3;
      }
      const at = outStart + i * outRow + j * outColumn;
      out[at] = s0;
      out[at + outColumn] = s1;
      out[at + 2 * outColumn] = s2;
      out[at + 3 * outColumn] = s3;
      out[at + outRow] = t0;
      out[at + outRow + outColumn] = t1;
      out[at + outRow + 2 * outColumn] = t2;
      out[at + outRow + 3 * outColumn] = t3;
    }
  }
  // The last row and the last columns that no block has.
  for (let i = 0; i < rows; i++) {
    for (let j = i < evenRows ? wholeColumns : 0; j < columns; j++) {
      let sum = 0;
      let p = aStart + i * aRow;
      let q = bStart + j * bColumn;
      for (let r = 0; r < inner; r++, p += aInner, q += bInner) sum += a[p] * b[q];
      out[outStart + i * outRow + j * outColumn] = sum;
    }
  }
}
