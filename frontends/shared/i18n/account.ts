// The texts of connecting an account, of ending that, and of what is wrong with a source.
import type { Pack } from './index';

export const en = {
  'action.copy': 'Copy link',
  'action.copied': 'Copied',
  'action.connect': 'Connect {provider}',
  'action.allow': 'Allow access',
  'action.signIn': 'Sign in',
  'action.signInAgain': 'Sign in again',
  'action.openSignIn': 'Open the sign-in page',
  'connect.JIRA': 'See your Jira work items here, with your own rights. Nothing is copied.',
  'connect.MICROSOFT':
    'See the mail, meetings, chats and tasks of this work item, read with your own account each time you open it. Nothing is copied into Jira.',
  'connect.ZOOM':
    'Schedule Zoom meetings from this work item and see their recordings. Nothing is copied into Jira.',
  'connect.reauth': 'Your sign-in to {provider} has ended. Sign in again to go on.',
  'connect.interaction': '{provider} wants to make sure that it is you.',
  'connect.consent': '{provider} needs your permission for this: {scopes}.',
  'connect.consentPlain': '{provider} needs your permission to show this.',
  'connect.admin': 'Your organisation’s {provider} administrator has to approve this once for everybody.',
  'connect.adminTitle': 'Approval needed',
  'connect.adminLink': 'Link for your administrator',
  'connect.blocked':
    'Your organisation’s rules do not allow {provider} here. Your {provider} administrator can tell you why.',
  'connect.popup': 'One moment…',
  'connect.popupBlocked': 'Your browser did not open the sign-in window.',
  'connect.failed': 'The sign-in to {provider} could not be started.',
  'connect.refused': '{provider} did not let you in, or you declined.',
  'connect.done': '{provider} is connected.',
  'source.partial': 'Some of it could not be read from {provider}.',
  'source.down': '{provider} is not answering. Everything else is up to date.',
  'source.slow': '{provider} took too long to answer.',
  'source.forbidden': 'Your {provider} account may not read this. Its administrator can change that.',
  'source.wait': '{provider} asks us to slow down. Trying again at {time}.',
  'source.waitPlain': '{provider} asks us to slow down.',
  'source.shown': 'Shown as last read.',
  'source.again': '{provider} still does not answer.',
  'source.back': '{provider} is back.',
  'trouble.declined': 'You did not sign in. Without your account nothing can be shown.',
  'menu.connected': 'Connected',
  'menu.connectedSince': 'Connected since {date}',
  'menu.notConnected': 'Not connected',
  'menu.attention': 'Needs your attention',
  'menu.disconnect': 'Disconnect',
  'menu.disconnectNamed': 'Disconnect {provider}',
  'menu.disconnectAsk': 'Disconnect {provider}? Our access ends at once, everywhere you use it.',
  'menu.disconnected': '{provider} is disconnected.',
  'menu.disconnectFailed': '{provider} could not be disconnected.',
} as const;

export const account: Pack<typeof en> = { en, de: async () => (await import('./account.de')).de };
