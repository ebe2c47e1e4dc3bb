// The Outlook-like page: a list of mails, a reading area, and a task pane whose office.js asks this page.
const told = JSON.parse(document.getElementById("told").textContent);
const byId = (id) => document.getElementById(id);
const list = byId("mails");
const here = new URL(location.href);

const outlook = {
  viewer: told,
  mail: null,
  shared: here.searchParams.get("mailbox") || null,
  theme: () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light"),
  /** Called when another mail, or none, is selected. */
  changed: () => {},
  themed: () => {},
};
window.outlook = outlook;

function go(name, value) {
  if (value) here.searchParams.set(name, value);
  else here.searchParams.delete(name);
  location.href = here.href;
}

function element(name, text, className) {
  const it = document.createElement(name);
  if (text) it.textContent = text;
  if (className) it.className = className;
  return it;
}

function select(mail, button) {
  for (const it of list.querySelectorAll("button")) it.removeAttribute("aria-current");
  button?.setAttribute("aria-current", "true");
  outlook.mail = mail;
  show(mail);
  if (byId("pin").getAttribute("aria-pressed") === "true" || !document.querySelector("#frame iframe")) {
    outlook.changed();
  } else {
    open();
  }
}

function show(mail) {
  const area = byId("mail");
  area.replaceChildren();
  if (!mail) return area.append(element("p", "No mail is selected.", "soft"));
  const page = document.createElement("article");
  page.append(element("h1", mail.subject ?? ""));
  if (mail.writing) {
    const text = element("textarea", null);
    text.rows = 16;
    text.setAttribute("aria-label", "Message");
    outlook.editor = text;
    page.append(text);
    return area.append(page);
  }
  page.append(element("div", `${mail.from?.name} <${mail.from?.address}> · ${new Date(mail.received).toLocaleString()}`, "soft"));
  if (mail.files.length > 0) {
    const files = element("ul");
    for (const file of mail.files) files.append(element("li", `${file.name} (${Math.ceil(file.size / 1024)} KB)`));
    page.append(files);
  }
  const frame = element("iframe");
  frame.title = "Mail";
  // The mail's own markup must not run anything.
  frame.sandbox = "allow-popups";
  frame.srcdoc = mail.html;
  page.append(frame);
  area.append(page);
}

/** Opens the pane anew, as Outlook does for every mail when it is not pinned. */
function open() {
  const frame = element("iframe");
  frame.title = "Trefoil";
  frame.src = "/addins/outlook/?_host_Info=Outlook$Web$16.01$en-GB$sandbox$$$0";
  byId("frame").replaceChildren(frame);
}

async function load() {
  const query = new URLSearchParams({ as: told.handle, ...(outlook.shared ? { mailbox: outlook.shared } : {}) });
  const answer = await fetch(`/host/mails?${query}`);
  if (!answer.ok) return list.append(element("li", "This mailbox is not shared with you.", "soft"));
  const { mails, shared } = await answer.json();
  for (const { name, address } of shared) {
    const option = element("option", name);
    option.value = address;
    option.selected = address === outlook.shared;
    byId("mailbox").append(option);
  }
  for (const mail of mails) {
    const row = element("li");
    const button = element("button");
    button.type = "button";
    button.append(
      element("span", mail.from?.name ?? "", mail.unread ? "unread" : ""),
      element("span", mail.subject ?? ""),
      element("span", mail.preview ?? "", "soft"),
    );
    button.addEventListener("click", () => select(mail, button));
    row.append(button);
    list.append(row);
  }
  list.querySelector("button")?.click();
}

byId("viewer").addEventListener("change", ({ target }) => {
  here.searchParams.delete("mailbox");
  go("as", target.value);
});
byId("mailbox").addEventListener("change", ({ target }) => go("mailbox", target.value));
byId("none").addEventListener("click", () => select(null));
byId("write").addEventListener("click", () => {
  select({ writing: true, subject: "New mail" });
  open();
});
byId("pin").addEventListener("click", ({ target }) => {
  const pinned = target.getAttribute("aria-pressed") !== "true";
  target.setAttribute("aria-pressed", String(pinned));
  target.textContent = pinned ? "Pinned" : "Not pinned";
});
byId("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = outlook.theme() === "dark" ? "light" : "dark";
  outlook.themed();
});
byId("width").addEventListener("click", () => {
  const pane = byId("pane");
  pane.style.width = pane.style.width === "450px" ? "320px" : "450px";
});
open();
load().catch((error) => list.append(element("li", String(error))));
