// What a stepper or a playground takes over from around it: the room of a frame, and light or dark.

const isFramed = window.top !== window; // in a notebook or a book the address is not ours to change
document.documentElement.classList.toggle("framed", isFramed);

function followTheme(setTheme) {
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");
  const followSystem = () => setTheme(prefersDark.matches ? "dark" : "light");
  prefersDark.addEventListener("change", followSystem);
  // The page around may have a switch of its own: frame.postMessage({ theme: "dark" }).
  window.addEventListener("message", ({ source, data: wish }) => {
    const isKnown = ["dark", "light"].includes(wish?.theme);
    if (isFramed && source === window.parent && isKnown) setTheme(wish.theme);
  });
  followSystem();
}
