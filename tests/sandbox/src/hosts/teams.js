// The Teams-like page: it speaks teams-js's own messages with the tab in it. The library trusts the addresses of
// Microsoft only, so what this page says reaches the tab as an event that bears one of them.
const told = JSON.parse(document.getElementById("told").textContent);
const byId = (id) => document.getElementById(id);
const TEAMS = "https://teams.microsoft.com";
const here = new URL(location.href);
const channel = { settings: JSON.parse(sessionStorage.getItem("channel") ?? "null") };
let theme = "default";
let valid = false;
let popup = null;

const runtime = () => ({
  apiVersion: 4,
  hostVersionsInfo: {},
  isLegacyTeams: false,
  isNAAChannelRecommended: false,
  supports: {
    app: { lifecycle: {}, notifySuccessResponse: {} },
    pages: { config: {}, backStack: {}, tabs: {} },
    nestedAppAuth: {},
    chat: {},
    calendar: {},
  },
});

/** To the tab this page is the parent, to a window it opened the opener. */
function say(target, message) {
  target.dispatchEvent(new target.MessageEvent("message", { data: message, origin: TEAMS, source: window }));
}

const context = (frame) => ({
  locale: told.locale.toLowerCase(),
  theme,
  hostName: "Teams",
  hostClientType: "web",
  entityId: frame === "personal" ? "work" : "channel",
  subEntityId: here.searchParams.get("subEntityId") ?? "",
  frameContext: frame === "settings" ? "settings" : "content",
  userObjectId: told.oid,
  tid: told.tid,
  loginHint: told.email,
  userPrincipalName: told.email,
  appId: "5ab7d1f0-0000-4000-8000-000000000001",
  sessionId: "sandbox",
  appSessionId: "sandbox",
  ...(frame === "personal" ? {} : { channelId: "19:demo@thread.tacv2", channelName: "Roll-out", teamName: "Acme" }),
});

async function token([, , silent]) {
  const asked = await fetch(`/host/token?as=${told.handle}&host=teams&interactive=${!silent}`);
  const said = await asked.json();
  return asked.ok ? [true, said.token] : [false, said.suberror ?? said.error];
}

/** A window for signing in, which ends with what its last page says or when it is closed. */
function authenticate([url]) {
  return new Promise((resolve) => {
    const opened = window.open(url, "_blank", "popup,width=600,height=720");
    if (!opened) return resolve([false, "FailedToOpenWindow"]);
    popup = opened;
    const end = (answer) => {
      clearInterval(watching);
      popup = null;
      delete window.signInEnded;
      opened.close();
      resolve(answer);
    };
    window.signInEnded = end;
    const watching = setInterval(() => opened.closed && setTimeout(() => end([false, "CancelledByUser"]), 300), 200);
  });
}

const ANSWERS = {
  initialize: (_args, frame) => [{ settings: "settings", popup: "authentication" }[frame] ?? "content", "web", JSON.stringify(runtime()), "2.58.0"],
  getContext: (_args, frame) => [context(frame)],
  "authentication.getAuthToken": token,
  "authentication.authenticate": authenticate,
  "authentication.authenticate.success": ([result]) => window.signInEnded?.([true, result]),
  "authentication.authenticate.failure": ([reason]) => window.signInEnded?.([false, reason]),
  "settings.getSettings": () => [channel.settings ?? {}],
  "settings.setSettings": ([settings]) => {
    channel.settings = settings;
    sessionStorage.setItem("channel", JSON.stringify(settings));
    return [true];
  },
  "settings.setValidityState": ([ok]) => {
    valid = ok;
    byId("save").disabled = !ok;
  },
  "settings.save.success": () => {
    byId("setup").close();
    open("channel");
  },
  "appInitialization.success": () => [undefined],
  openLink: ([url]) => {
    window.open(url, "_blank", "noopener");
    return [true];
  },
  executeDeepLink: ([url]) => {
    window.open(url, "_blank", "noopener");
    return [true];
  },
};

const frames = new Map();

// teams-js calls this with the origin of Teams, to which this window does not answer; so it is heard here directly.
window.postMessage = (message) => {
  if (message?.type === "trefoil:connected") window.signInEnded?.([message.ok, message.ok ? "" : "failed"]);
  if (typeof message?.func === "string") void hear(message);
};

async function hear(message) {
  const [name, frame] = [...frames].find(([, it]) => it.dataset.speaks === "true") ?? [];
  const ofPopup = popup && /^initialize$|^authentication\.authenticate\./.test(message.func);
  const target = ofPopup ? popup : frame?.contentWindow;
  const answer = await ANSWERS[message.func]?.(message.args ?? [], ofPopup ? "popup" : name);
  if (Array.isArray(answer) && target) say(target, { id: message.id, uuidAsString: message.uuidAsString, args: answer });
}

function mount(name, address, place) {
  for (const frame of frames.values()) frame.dataset.speaks = "false";
  const frame = document.createElement("iframe");
  frame.title = "Trefoil";
  frame.name = "embedded-page-container";
  frame.allow = "clipboard-write";
  frame.src = address;
  frame.dataset.speaks = "true";
  frames.get(name)?.remove();
  frames.set(name, frame);
  place.replaceChildren(frame);
}

function open(name) {
  byId("personal").setAttribute("aria-pressed", String(name === "personal"));
  byId("channel").setAttribute("aria-pressed", String(name === "channel"));
  if (name === "channel" && !channel.settings?.contentUrl) return settings();
  const address = name === "channel" ? new URL(channel.settings.contentUrl) : new URL("/addins/teams/tab", location.href);
  mount(name, address.pathname + address.search + address.hash, byId("tab"));
}

function settings() {
  byId("setup").showModal();
  mount("settings", "/addins/teams/configure", byId("form"));
}

const current = () => [...frames.values()].find((it) => it.dataset.speaks === "true");

byId("viewer").addEventListener("change", ({ target }) => {
  here.searchParams.set("as", target.value);
  location.href = here.href;
});
byId("theme").addEventListener("change", ({ target }) => {
  theme = target.value;
  document.documentElement.dataset.theme = theme;
  const frame = current();
  if (frame) say(frame.contentWindow, { func: "themeChange", args: [theme] });
});
byId("back").addEventListener("click", () => {
  const frame = current();
  if (frame) say(frame.contentWindow, { func: "backButtonPress", args: [] });
});
byId("personal").addEventListener("click", () => open("personal"));
byId("channel").addEventListener("click", () => open("channel"));
byId("settings").addEventListener("click", settings);
byId("cancel").addEventListener("click", () => {
  byId("setup").close();
  open("personal");
});
byId("save").addEventListener("click", () => {
  const frame = frames.get("settings");
  if (frame && valid) say(frame.contentWindow, { func: "settings.save", args: [{}] });
});
open("personal");
