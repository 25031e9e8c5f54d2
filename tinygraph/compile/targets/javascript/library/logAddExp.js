// log(exp(a) + exp(b)) without overflow.
function logAddExp(a, b) {
  if (a === b) return a + Math.LN2;
  const difference = a - b;
  if (difference > 0) return a + Math.log1p(Math.exp(-difference));
  return b + Math.log1p(Math.exp(difference));
}
