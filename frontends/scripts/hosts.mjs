// Every add-in that is built: its folder under hosts/, its name under /addins/, and what it may weigh.
export const HOSTS = [
  {
    folder: 'jira-connect',
    name: 'jira-panel',
    // Connect's own library. The gateway puts its configured address in place of the placeholder.
    // The id makes the library read data-options wherever it is served from; deferred scripts run in order,
    // so it is there before ours and both load at once.
    headScript:
      '<script defer id="ac-iframe-options" src="%ALL_JS_URL%" data-options="sizeToParent:false;resize:false;margin:false"></script>',
    budget: { initial: 45_000, lazy: 40_000 },
  },
  {
    folder: 'outlook',
    name: 'outlook',
    // Microsoft's library, which has to come from their own network in production. It loads its parts itself, from
    // where it lies.
    headScript: '<script defer src="%OFFICE_JS_URL%"></script>',
    // Microsoft's sign-in library comes by itself, after the pane is painted.
    budget: { initial: 45_000, lazy: 40_000, named: { msal: 75_000 } },
  },
  { folder: 'teams', name: 'teams', budget: { initial: 62_000, lazy: 40_000, named: { msal: 75_000 } } },
];

/** Where the built add-ins go. */
export const DIST = process.env.DIST ?? (process.env.RUNTIME === 'react' ? 'dist-react' : 'dist');
