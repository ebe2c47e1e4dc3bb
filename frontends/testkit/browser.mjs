// Chromium for the browser tests: nothing but this machine can be reached, and the picture of each state is kept.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { CONNECT } from './jira.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = path.resolve(import.meta.dirname, '../test-results');
/** Debian's. The first is the same browser without its own windows, and takes a quarter less time. */
const PROGRAMS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const CDN = 'https://connect-cdn.atl-paas.net/';

/** Starts it; `rules` name the hosts that are on this machine, see vhosts.mjs. */
export function launch({ rules } = {}) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? PROGRAMS.find((it) => existsSync(it)),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      ...(rules ? ['--disable-quic', '--disable-component-update', `--host-resolver-rules=${rules}`] : []),
    ],
  });
}

/** A browser context in which Atlassian's content network is answered from the npm package, and nothing else is. */
export async function offline(browser, options = {}) {
  const context = await browser.newContext({ timezoneId: 'Europe/Berlin', locale: 'en-GB', ...options });
  await context.route('**/*', (route) => {
    const url = new URL(route.request().url());
    if (url.href.startsWith(CDN)) {
      const file = path.join(CONNECT, url.pathname.replace(/^\/(v5\/)?/, ''));
      if (existsSync(file)) {
        return route.fulfill({
          path: file,
          contentType: file.endsWith('.css') ? 'text/css' : 'text/javascript',
        });
      }
    }
    const local = ['127.0.0.1', 'localhost'].includes(url.hostname) || url.protocol === 'data:';
    return local ? route.fallback() : route.abort('internetdisconnected');
  });
  return context;
}

/** Accessibility rules that the frame breaks, as readable lines; none is what a test wants. */
export async function broken(frame) {
  await frame.evaluate(AXE);
  const found = await frame.evaluate(() =>
    globalThis.axe.run(document, {
      // It would fetch the style sheets anew, which the content policy forbids.
      preload: false,
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  );
  return found.violations.map((it) => {
    const [node] = it.nodes;
    return `${it.id} (${it.nodes.length}): ${node.target} ${node.any[0]?.message ?? node.failureSummary ?? ''}`;
  });
}

/** Keeps a picture of the page, as tall as it is, under test-results/. */
export async function shoot(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  // A frame of another origin is not drawn again for a picture taller than the window, so the window grows.
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  const { width } = page.viewportSize();
  await page.setViewportSize({ width, height: Math.max(height, 240) });
  await page.waitForTimeout(150);
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`), animations: 'disabled' });
}

/**
 * The operations that a page sends to the gateway, in order, and how each was answered; what it listens to is apart,
 * for that has no end.
 */
export function operationsOf(page) {
  const asked = [];
  const answered = [];
  const heard = [];
  const ours = (request) => new URL(request.url()).pathname === '/graphql';
  const streams = (request) => request.headers().accept === 'text/event-stream';
  page.on('request', (request) => {
    if (ours(request)) (streams(request) ? heard : asked).push(request.postDataJSON().operationName);
  });
  page.on('response', (answer) => {
    const request = answer.request();
    if (ours(request) && !streams(request)) {
      answered.push(`${request.postDataJSON().operationName} ${answer.status()}`);
    }
  });
  return { asked, answered, heard };
}
