// Work in steps: one press, and each further step is sent by itself, until none is left or "Dừng lại" is pressed.
// Without this every step is a press of its own.
const words = { stop: "Dừng lại", stopping: "Dừng sau bước này…", lost: "Mất kết nối; phần đã làm vẫn còn, bấm để làm tiếp." };
const said = Object.assign(document.createElement("p"), { className: "hint" });
said.setAttribute("role", "status");
document.querySelector("main header")?.after(said);

const send = async (form) => {
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
  const elsewhere = new URL(answer.url).pathname === location.pathname ? "" : answer.url;
  return { ok: answer.ok, elsewhere, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
};

// Each section of the page that came takes the place of its namesake; the form of the next step, if there is one.
const put = (page) => {
  for (const fresh of page.querySelectorAll("main > section[aria-labelledby]")) {
    const name = fresh.getAttribute("aria-labelledby");
    document.querySelector(`main > section[aria-labelledby=${name}]`)?.replaceWith(document.adoptNode(fresh));
  }
  said.textContent = document.querySelector("progress")?.getAttribute("aria-label") ?? "";
  return wire();
};

const go = async (first) => {
  let form = first;
  let wanted = true;
  const stop = Object.assign(document.createElement("button"), { type: "button", textContent: words.stop });
  stop.addEventListener("click", () => {
    wanted = false;
    stop.textContent = words.stopping;
  });
  document.querySelector("main > .notice[role=status]")?.remove();
  do {
    form.querySelector("button").disabled = true;
    form.append(stop);
    stop.focus();
    try {
      const { ok, elsewhere, page } = await send(form);
      if (!ok) {
        document.querySelector("main").replaceChildren(...page.querySelector("main").childNodes);
        return;
      }
      if (elsewhere) {  // the login page, say: there is no further step to send
        location.assign(elsewhere);
        return;
      }
      form = put(page);
    } catch {
      said.textContent = words.lost;
      form.querySelector("button").disabled = false;
      wanted = false;
    }
  } while (wanted && form?.dataset.steps === "left");
  stop.remove();
  form?.querySelector("button").focus();
};

const wire = () => {
  const form = document.querySelector("form[data-steps]");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    go(form);
  });
  return form;
};

wire();
