// Sends an upload form with a progress bar, and puts a refused form back without losing the chosen files.
const words = { sending: "Đang gửi", checking: "Đã gửi xong, đang quét và lưu…", lost: "Mất kết nối, chưa biết văn bản đã lưu chưa. Hãy xem ở Trang chủ trước khi gửi lại." };

const wire = (form) => {
  form.addEventListener("submit", (event) => {
    const chosen = form.querySelector('input[type="file"]');
    if (!chosen?.files.length) return;
    event.preventDefault();
    const button = form.querySelector("button");
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.setAttribute("aria-label", words.sending);
    const said = document.createElement("p");
    said.className = "hint";
    said.setAttribute("role", "status");
    said.textContent = `${words.sending}…`;
    form.append(bar, said);
    button.disabled = true;

    const clear = () => {
      bar.remove();
      said.remove();
      button.disabled = false;
    };
    const request = new XMLHttpRequest();
    let told = -1;
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      const percent = Math.floor((loaded / total) * 100);
      bar.value = percent;
      if (percent === 100) said.textContent = words.checking;
      else if (percent >= told + 10) {
        told = percent;
        said.textContent = `${words.sending}: ${percent}%`;
      }
    });
    request.addEventListener("load", () => {
      if (request.status < 400) {
        location.assign(request.responseURL);
        return;
      }
      clear();
      const answer = new DOMParser().parseFromString(request.responseText, "text/html");
      const fresh = answer.querySelector(`form[action="${form.getAttribute("action")}"]`);
      document.querySelector("main > .notice[role=alert]")?.remove();
      const alert = answer.querySelector("main > .notice[role=alert]");
      if (!fresh) {
        document.querySelector("main").replaceChildren(...answer.querySelector("main").childNodes);
        return;
      }
      fresh.querySelector('input[type="file"]').replaceWith(chosen);
      const fault = fresh.querySelector("#file-fault");
      chosen.toggleAttribute("aria-invalid", Boolean(fault));
      if (fault) {
        chosen.setAttribute("aria-invalid", "true");
        chosen.setAttribute("aria-describedby", "file-hint file-fault");
      }
      const node = document.adoptNode(fresh);
      if (form.closest("details")) form.closest("details").open = true;
      form.replaceWith(node);
      wire(node);
      if (alert) document.querySelector("main").prepend(document.adoptNode(alert));
      (node.querySelector("[aria-invalid=true]") ?? document.querySelector("main")).focus();
    });
    request.addEventListener("error", () => {
      clear();
      form.append(Object.assign(document.createElement("p"), { className: "fault", textContent: words.lost }));
    });
    const body = new FormData(form);
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "text/html");
    request.send(body);
  });
};

document.querySelectorAll("form[data-upload]").forEach(wire);
