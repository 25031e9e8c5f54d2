// NumPy's default generator, PCG64, from its state: rng.bit_generator.state in Python. Its shuffles
// are those of NumPy, so mini-batches have the same samples in the browser.
function generator({ state, inc, has_uint32, uinteger }) {
  const MASK_128 = (1n << 128n) - 1n;
  const MASK_64 = (1n << 64n) - 1n;
  const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
  const increment = BigInt(inc);
  let position = BigInt(state);
  let isHalfLeft = Boolean(has_uint32);
  let half = uinteger;

  function next64() {
    position = (position * MULTIPLIER + increment) & MASK_128;
    const folded = (position >> 64n) ^ (position & MASK_64);
    const turn = position >> 122n;
    return ((folded >> turn) | (folded << ((64n - turn) & 63n))) & MASK_64;
  }

  // NumPy takes 64 bits at a time, and keeps the upper half for the next call.
  function next32() {
    isHalfLeft = !isHalfLeft;
    if (!isHalfLeft) return half;
    const both = next64();
    half = Number(both >> 32n);
    return Number(both & 0xffffffffn);
  }

  // A whole number from 0 to most: too large ones are drawn again.
  function upTo(most) {
    const bits = 32 - Math.clz32(most);
    const mask = bits === 32 ? 0xffffffff : (1 << bits) - 1;
    for (;;) {
      const drawn = (next32() & mask) >>> 0;
      if (drawn <= most) return drawn;
    }
  }

  return {
    random: () => Number(next64() >> 11n) / 2 ** 53,
    permutation(n) {
      const order = Array.from({ length: n }, (_, k) => k);
      for (let k = n - 1; k > 0; k--) {
        const other = upTo(k);
        [order[k], order[other]] = [order[other], order[k]];
      }
      return order;
    },
  };
}
