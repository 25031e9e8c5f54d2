// A pocket calculator for typed answers: numbers, + - * / and parentheses, nothing else.
// Returns NaN for any other text.
function calculate(text) {
  const tokens = text
    .replace(/[−–]/g, "-")
    .replace(/[×·]/g, "*")
    .replace(/(\d),(\d)/g, "$1.$2")
    .match(/\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|[-+*/()]|\S/gi);
  let place = 0;

  function sum() {
    let value = product();
    while (tokens[place] === "+" || tokens[place] === "-") {
      value += tokens[place++] === "+" ? product() : -product();
    }
    return value;
  }

  function product() {
    let value = factor();
    while (tokens[place] === "*" || tokens[place] === "/") {
      value = tokens[place++] === "*" ? value * factor() : value / factor();
    }
    return value;
  }

  function factor() {
    const token = tokens[place++];
    if (token === "-") return -factor();
    if (token === "+") return factor();
    if (token === "(") {
      const value = sum();
      return tokens[place++] === ")" ? value : NaN;
    }
    return token === undefined ? NaN : Number(token);
  }

  if (!tokens) return NaN;
  const value = sum();
  return place === tokens.length ? value : NaN;
}
