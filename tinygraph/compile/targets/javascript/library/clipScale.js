// The factor that scales the norm of all gradients down to `longest`, at most 1.
function clipScale(gradients, longest) {
  const norm = Math.hypot(...gradients.map((gradient) => {
    let largest = 0;
    for (const g of gradient) if (!(Math.abs(g) <= largest)) largest = Math.abs(g);
    if (!(largest > 0 && largest < Infinity)) return largest;
    let squares = 0;
    for (const g of gradient) squares += (g / largest) ** 2;
    return largest * Math.sqrt(squares);
  }));
  return norm > longest ? longest / norm : 1;
}
