"use strict";
// Tables sort by a column when its heading is pressed. Without this script they keep their order.
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  if (!body || body.rows.length < 3) continue;
  Array.from(table.tHead.rows[0].cells).forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const isNumber = heading.classList.contains("number");
      const was = heading.getAttribute("aria-sort");
      // Numbers begin with the largest, texts with the first.
      const isDown = was ? was === "ascending" : isNumber;
      for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", isDown ? "descending" : "ascending");
      const key = (row) => {
        const found = row.cells[column].querySelector("data, time");
        if (!found) return row.cells[column].textContent.trim();
        return found.getAttribute("value") ?? found.getAttribute("datetime");
      };
      const compare = (one, other) => {
        const [a, b] = [key(one), key(other)];
        // Unknown figures stay at the end.
        if (a === "" || b === "") return (a === "") - (b === "");
        const order = isNumber ? Number(a) - Number(b) : a.localeCompare(b, document.documentElement.lang);
        return isDown ? -order : order;
      };
      body.append(...Array.from(body.rows).sort(compare));
    });
  });
}
