// What Jira itself does around Connect's host library: the modules that belong to the product, and the frame.
(() => {
  const promised = (answer) => Object.assign(answer, { returnsPromise: true });
  const options = new URLSearchParams(location.search);
  window.tokens = 0;
  connectHost.defineModule('context', {
    getToken: promised(async () => {
      window.tokens += 1;
      if (window.refuseToken) throw new Error('no token');
      return (await fetch(`/token?n=${window.tokens}`)).text();
    }),
    getContext: promised(async () => ({ jira: { issue: { id: '10042', key: 'DEMO-42' } } })),
  });
  connectHost.defineModule('user', {
    getLocale: promised(async () => options.get('locale') ?? 'en_GB'),
  });
  const frame = connectHost.create({
    addon_key: 'trefoil',
    key: 'issue-panel',
    url: options.get('panel'),
    options: {
      width: '100%',
      height: '120px',
      hostFrameOffset: 1,
      sandbox:
        'allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads',
    },
  });
  frame.appendTo('#panel');
  window.setMode = (mode) => {
    document.documentElement.dataset.colorMode = mode;
  };
})();
