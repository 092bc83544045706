// The table of the index: a column's button sorts, the search field filters. Without this script all is still there.
(() => {
  const table = document.getElementById("networks");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const shown = document.getElementById("shown");
  const search = document.getElementById("search");

  // A cell's value: a number where it has one, else its text. Cells without a value come last in both directions.
  const value = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.value ?? cell.textContent.trim();
    return cell.classList.contains("n") && text !== "" ? Number(text) : text;
  };
  const compare = (a, b, sign) => {
    if (a === "" || b === "") return (a === "") - (b === "");
    return sign * (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true }));
  };

  table.tHead.querySelectorAll("button").forEach((button) => {
    button.addEventListener("click", () => {
      const head = button.parentElement;
      const sign = head.ariaSort === "ascending" ? -1 : 1;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.ariaSort = sign > 0 ? "ascending" : "descending";
      const column = head.cellIndex;
      rows.sort((a, b) => compare(value(a, column), value(b, column), sign));
      body.append(...rows);
    });
  });

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      count += !row.hidden;
    }
    shown.textContent = words.length ? `${count} of ${rows.length} shown` : "";
  };
  search.addEventListener("input", filter);

  // The way back from a network leads to its place among the variants of its card.
  const reveal = () => {
    const there = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const around = there?.closest("details");
    if (!around) return;
    around.open = true;
    there.scrollIntoView();
  };
  window.addEventListener("hashchange", reveal);
  reveal();
  document.querySelector(".tools").hidden = false;
  filter();
})();
