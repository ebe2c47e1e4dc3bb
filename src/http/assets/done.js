// Tells the add-in how the sign-in ended, in the way of the host it began in, then closes.
const { provider, ok, host } = document.documentElement.dataset;
const message = { type: 'trefoil:connected', provider, ok: ok === 'true' };

// What teams-js says for `authentication.notifySuccess`, without the library: to the window that opened this one, or to
// the program around it where there is none.
function tellTeams() {
  const say = (id, func, args) => {
    const request = { id, uuidAsString: crypto.randomUUID(), func, args, timestamp: Date.now(), apiVersionTag: 'v2' };
    if (window.nativeInterface) {
      window.nativeInterface.framelessPostMessage(JSON.stringify(request));
    } else {
      window.opener?.postMessage(request, '*');
    }
  };
  say(0, 'initialize', ['2.58.0', 4, null]);
  say(1, `authentication.authenticate.${message.ok ? 'success' : 'failure'}`, [JSON.stringify(message)]);
}

// The pane hears it and closes this window itself.
async function tellOutlook() {
  await window.Office?.onReady();
  window.Office?.context?.ui?.messageParent(JSON.stringify(message));
}

window.opener?.postMessage(message, location.origin);
if (host === 'teams') {
  tellTeams();
} else if (host === 'outlook') {
  tellOutlook();
}
if (message.ok && host !== 'outlook') {
  // Teams needs a moment to hear it.
  setTimeout(() => window.close(), host === 'teams' ? 200 : 0);
}
