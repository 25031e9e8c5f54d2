// What scrolls by itself must be reachable by the keyboard, or its end is out of reach without a mouse.
function reachable() {
  for (const box of document.querySelectorAll("pre, div.math, .output_html, figure.diagram, .table-wrapper")) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) {
      box.tabIndex = 0;
    }
  }
}

// KaTeX hides its drawing from screen readers, which read the formula beside it: what they cannot see
// must not catch the keyboard. The same links stand beside the formulas, in words.
function unlisted() {
  for (const link of document.querySelectorAll(".katex-html a")) {
    link.tabIndex = -1;
  }
}

addEventListener("load", reachable);
addEventListener("load", unlisted);
addEventListener("resize", reachable);
