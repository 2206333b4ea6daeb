// Sets the theme before the first paint, so that a chosen theme never flashes the other one. A plain script for that reason.
(() => {
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
