// Turns the pages of the preview in place; without this the links load the page anew.
const part = document.querySelector("[data-preview]");
const picture = part?.querySelector("img[data-page]");

if (picture) {
  const pages = Number(picture.dataset.pages);
  const name = picture.alt.replace(/^Trang \d+ của /, "");
  const where = part.querySelector("[data-where]");
  const steps = [...part.querySelectorAll("[data-step]")];

  const show = (page) => {
    if (page < 1 || page > pages) return;
    picture.dataset.page = page;
    picture.classList.add("waiting");
    picture.src = `${picture.dataset.base}${page}.png`;
    picture.alt = `Trang ${page} của ${name}`;
    if (where) where.textContent = `${page}/${pages}`;
    const address = new URL(location.href);
    address.searchParams.set("page", page);
    address.searchParams.delete("done");
    if (!location.pathname.endsWith("/check")) history.replaceState(null, "", address);
    for (const link of steps) {
      const target = page + Number(link.dataset.step);
      const there = target >= 1 && target <= pages;
      address.searchParams.set("page", target);
      if (there) link.href = address.pathname + address.search + "#xem-truoc";
      else link.removeAttribute("href");
      link.toggleAttribute("aria-disabled", !there);
      if (!there) link.setAttribute("aria-disabled", "true");
    }
  };

  picture.addEventListener("load", () => picture.classList.remove("waiting"));
  for (const link of steps) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      show(Number(picture.dataset.page) + Number(link.dataset.step));
    });
  }
}
