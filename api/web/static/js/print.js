/** The print button of a page that is made for paper. */
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});
