// Tells the add-in that opened this window how the sign-in ended, then closes.
const { provider, ok } = document.documentElement.dataset;
window.opener?.postMessage({ type: 'trefoil:connected', provider, ok: ok === 'true' }, location.origin);
if (ok === 'true') {
  window.close();
}
