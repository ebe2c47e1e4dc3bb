// The panel as a person has it before them in Jira: Connect's own host library around it.
import { offline } from './browser.mjs';
import { contextToken } from './jira.mjs';

/** Opens a work item with the panel on it; `prepare` is given the browser's context before that. */
export async function openPanel(
  browser,
  { jira, gateway, width = 450, height = 600, locale = 'en_GB', mode, themeless, prepare, ...more },
) {
  const context = await offline(browser, { viewport: { width, height }, ...more });
  if (themeless) await context.route('https://connect-cdn.atl-paas.net/**', (route) => route.abort());
  await prepare?.(context);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  const panel = `${gateway.origin}/addins/jira-panel/?issueKey=DEMO-42&issueId=10042&xdm_e=${encodeURIComponent(jira.origin)}&jwt=${contextToken(0)}`;
  await page.goto(`${jira.origin}/browse/DEMO-42?locale=${locale}&panel=${encodeURIComponent(panel)}`);
  const frame = await (await page.waitForSelector('iframe')).contentFrame();
  if (mode) await page.evaluate((it) => globalThis.setMode(it), mode);
  return {
    context,
    page,
    frame,
    complaints,
    says: (text) => frame.getByText(text).first().waitFor(),
    press: (label) => frame.getByRole('button', { name: label }).first().click(),
    block: (it) => frame.locator(`[data-block="${it}"]`),
  };
}
