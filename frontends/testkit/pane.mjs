// The pane beside a mail as a person has it before them: Outlook's page at its own address, the add-in in its frame.
import { bridge, CLIENT, GATEWAY, OFFICE_JS, OUTLOOK } from './outlook.mjs';
import { calm } from './patience.mjs';

export { CLIENT };

/** Opens Outlook with a mail selected and the pane beside it. `token` answers msal's questions. */
export async function openPane(
  browser,
  {
    address = `${GATEWAY}/addins/outlook/`,
    mails,
    mail,
    width = 320,
    height = 640,
    locale = 'en-US',
    token,
    viewer,
    theme,
    requirements,
    ...more
  },
) {
  const context = await browser.newContext({
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
    ignoreHTTPSErrors: true,
    viewport: { width, height },
    ...more,
  });
  if (token) await bridge(context, token);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(`${OUTLOOK}/mail/`);
  await page.evaluate(
    (given) => {
      const { outlook } = globalThis;
      Object.assign(outlook, given);
      outlook.mail = given.selected ? given.mails[given.selected] : null;
      outlook.mount(given.address);
    },
    {
      mails,
      selected: mail,
      locale,
      theme,
      address,
      ...(viewer ? { viewer } : {}),
      ...(requirements ? { requirements } : {}),
    },
  );
  const frame = await (await page.waitForSelector('iframe')).contentFrame();
  return {
    context,
    page,
    frame,
    complaints,
    select: (name) => page.evaluate((it) => globalThis.outlook.select(it), name),
    host: (read) => page.evaluate(read),
    ready: () => calm(frame),
  };
}

/** What the gateway writes into the add-in's page. */
export const VALUES = {
  '%OFFICE_JS_URL%': OFFICE_JS,
  '%CLIENT_ID%': CLIENT,
  '%AUTHORITY%': 'https://login.microsoftonline.com/',
  '%SCOPE%': `api://trefoil.example/${CLIENT}/access_as_user`,
};
