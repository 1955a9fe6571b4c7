/** Theme, language, menus and the search key: small comforts of every page. */
const YEAR = 31_536_000;

function keep(name, value) {
  document.cookie = `${name}=${value}; path=/; max-age=${YEAR}; samesite=lax`;
}

document.addEventListener("click", (event) => {
  const theme = event.target.closest("[data-theme-set]")?.dataset.themeSet;
  if (theme) {
    keep("routecard_theme", theme);
    document.documentElement.dataset.theme = theme;
  }
  const language = event.target.closest("[data-language-set]")?.dataset.languageSet;
  if (language) {
    keep("routecard_language", language);
    location.reload();
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  if ((event.key === "/" && !typing) || (event.key === "k" && (event.ctrlKey || event.metaKey))) {
    const find = document.getElementById("find");
    if (find) {
      event.preventDefault();
      find.focus();
    }
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-goto]")) location.assign(event.target.value);
  else if (event.target.matches("form[data-auto] select")) event.target.form.requestSubmit();
});
