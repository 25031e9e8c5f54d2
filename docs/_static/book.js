// What scrolls by itself must be reachable by the keyboard, or its end is out of reach without a mouse.
function reachable() {
  for (const box of document.querySelectorAll("pre, div.math, .output_html, figure.diagram, .table-wrapper")) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) {
      box.tabIndex = 0;
    }
  }
}

addEventListener("load", reachable);
addEventListener("resize", reachable);
