// What Jira itself does around Connect's host library: the modules that belong to the product, and the frame.
(() => {
  const told = JSON.parse(document.getElementById('told').textContent);
  const address = new URL(location.href);
  const promised = (answer) => Object.assign(answer, { returnsPromise: true });

  document.getElementById('theme').onclick = () => {
    const root = document.documentElement;
    root.dataset.colorMode = root.dataset.colorMode === 'dark' ? 'light' : 'dark';
  };
  document.getElementById('viewer').onchange = (event) => {
    address.searchParams.set('as', event.target.value);
    location.href = address;
  };

  const place = document.getElementById('panel');
  if (!told.panel) {
    place.textContent = 'The app is not installed on this site.';
    return;
  }
  if (!window.connectHost) {
    place.textContent =
      "Atlassian's host library is missing: run npm ci in frontends and set SANDBOX_NODE_MODULES.";
    return;
  }
  document.getElementById('panel-name').textContent = told.panel.name ?? 'App panel';

  connectHost.defineModule('context', {
    getToken: promised(async () => {
      const wanted = `/browse/${told.issue.key}/context-token?as=${told.viewer.handle}`;
      const answer = await fetch(wanted, { cache: 'no-store' });
      if (!answer.ok) throw new Error(await answer.text());
      return answer.text();
    }),
    getContext: promised(async () => ({ jira: { issue: told.issue, project: told.project } })),
  });
  connectHost.defineModule('user', {
    getCurrentUser: promised(async () => ({ atlassianAccountId: told.viewer.accountId })),
    getTimeZone: promised(async () => 'Europe/Berlin'),
    getLocale: promised(async () => told.locale),
  });
  connectHost.defineModule('jira', {
    refreshIssuePage: () => location.reload(),
    isDashboardEditable: promised(async () => false),
  });
  // The product asks its own REST API with the viewer's session.
  connectHost.defineModule({
    request: promised(async (url, options) => {
      const wanted = typeof url === 'string' ? { ...options, url } : url;
      const answer = await fetch(new URL(wanted.url, location.origin), {
        method: wanted.type ?? 'GET',
        headers: {
          authorization: `Bearer ${told.session}`,
          ...(wanted.data ? { 'content-type': wanted.contentType ?? 'application/json' } : {}),
        },
        body: wanted.data,
      });
      const body = await answer.text();
      if (!answer.ok) throw JSON.stringify({ err: answer.statusText, xhr: { status: answer.status } });
      return { body, xhr: { status: answer.status } };
    }),
    getLocation: promised(async () => location.href),
  });

  const frame = connectHost.create({
    addon_key: told.panel.app,
    key: told.panel.module,
    url: told.panel.url,
    options: {
      autoresize: true,
      width: '100%',
      height: '120px',
      hostFrameOffset: 1,
      sandbox:
        'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads',
    },
  });
  frame.appendTo(place);
})();
