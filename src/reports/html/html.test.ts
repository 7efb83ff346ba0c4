import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { fullReport, HOSTILE_TEXTS, hostileReport, largeReport } from '../../../test/fixtures/full-report.ts';
import { variedReports } from '../../../test/fixtures/varied-reports.ts';
import type { Report } from '../../model/report.ts';
import { htmlFormat } from './html.ts';
import { SCRIPT } from './script.ts';

const told = (report: Report): string => [...htmlFormat.encode(report, {})].join('');

/** The page without its own style and script. */
const bodyOf = (page: string): string =>
  page.replace(/<style>[^]*?<\/style>/, '').replace(`<script>${SCRIPT}</script>`, '');

describe('a page', () => {
  test.each(variedReports())('%s has no markup but its own', (_name, report) => {
    const body = bodyOf(told(report));
    expect(body).not.toMatch(/<(?:script|img|style|iframe|object|base|link|form)\b/i);
    expect(body).not.toMatch(/<[^>]*\s(?:on[a-z]+|style)\s*=/i);
    for (const [, link] of body.matchAll(/<a href="([^"]*)"/g)) expect(link).toMatch(/^https?:\/\//);
    expect(body.match(/<a /g)?.length).toBe(body.match(/rel="noopener noreferrer"/g)?.length);
    expect(body.match(/<li class="f"/g)?.length ?? 0).toBe(report.findings.length);
  });

  test('is the same each time', () => expect(told(fullReport())).toBe(told(fullReport())));

  test('has a script that can be read', () => {
    expect(() => new Script(SCRIPT)).not.toThrow();
    expect(SCRIPT).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|fetch|<\//);
  });

  test('of 5,000 findings is written soon', () => {
    const started = performance.now();
    expect(told(largeReport(5000)).length).toBeLessThan(16 << 20);
    expect(performance.now() - started).toBeLessThan(25_000);
  });
});

const OPEN_ALL = "document.querySelectorAll('details').forEach((one) => (one.open = true))";
const NAMELESS = `[...document.querySelectorAll('button, input, select, summary, a, svg[role=img]')]
  .filter((one) => one.textContent.trim() === '' && !one.labels?.length && !one.getAttribute('aria-label'))
  .map((one) => one.outerHTML)`;
const path = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

describe.skipIf(path === undefined)('a page in a browser (needs Chromium in /usr/bin)', () => {
  let browser: Browser;
  let folder: string;
  let number = 0;
  const pages: Page[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drydock-html-'));
    browser = await chromium.launch({
      executablePath: path ?? '',
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
  });

  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close();
  });

  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  });

  interface Opened {
    readonly page: Page;
    /** Whatever the browser complains of, asks for, or is asked to say. */
    readonly complaints: readonly string[];
  }

  async function open(page: Page, report: Report): Promise<void> {
    const file = join(folder, `${(number += 1)}.html`);
    await writeFile(file, told(report));
    await page.goto(pathToFileURL(file).href);
  }

  async function show(report: Report, options: BrowserContextOptions = {}): Promise<Opened> {
    const page = await browser.newPage(options);
    pages.push(page);
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('dialog', (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (!request.isNavigationRequest()) complaints.push(`request: ${request.url()}`);
    });
    await open(page, report);
    return { page, complaints };
  }

  const idsOf = (page: Page): Promise<string[]> => page.locator('#list .id').allTextContents();
  const countOf = (page: Page): Promise<string | null> => page.locator('#count').textContent();
  const chip = (page: Page, name: string) => page.locator('.chip', { hasText: name });

  test('filters by text, severity, kind, type, fix and exploitation', async () => {
    const { page, complaints } = await show(fullReport());
    expect(await countOf(page)).toBe('13 findings');
    await page.locator('#q').fill('lodash HIGH');
    await expect.poll(() => idsOf(page)).toEqual(['CVE-2026-1000']);
    expect(await countOf(page)).toBe('1 of 13 findings');
    await page.locator('#reset').click();
    expect((await idsOf(page)).length).toBe(13);

    await chip(page, 'Secrets').click();
    expect(await idsOf(page)).toEqual(['aws-access-key-id', 'aws-access-key-id']);
    await chip(page, 'High').click();
    expect(await countOf(page)).toBe('1 of 13 findings');
    await chip(page, 'Critical').click();
    expect(await countOf(page)).toBe('2 of 13 findings');
    await page.locator('#reset').click();

    await chip(page, 'Fixable').click();
    expect((await idsOf(page)).sort()).toEqual(['CVE-2026-0001', 'CVE-2026-0001', 'CVE-2026-1000']);
    await chip(page, 'Exploited').click();
    expect(await idsOf(page)).toEqual(['CVE-2026-1000']);
    await page.locator('#reset').click();

    await page.locator('#type').selectOption({ label: 'jar' });
    expect(await idsOf(page)).toEqual(['CVE-2026-2000']);
    await page.locator('#q').fill('nothing like it');
    await expect.poll(() => page.locator('#none').isVisible()).toBe(true);
    await page.locator('#q').press('Escape');
    expect(await countOf(page)).toBe('13 findings');
    expect(complaints).toEqual([]);
  });

  test('sorts, also the other way round', async () => {
    const { page } = await show(fullReport());
    await page.locator('#sort').selectOption('epss');
    expect((await idsOf(page))[0]).toBe('CVE-2026-1000');
    await page.locator('#sort').selectOption('id');
    const ids = await idsOf(page);
    expect(ids[0]).toBe('AGPL-3.0-only');
    await page.locator('#turn').click();
    expect(await idsOf(page)).toEqual(ids.reverse());
  });

  test('can be used with the keyboard alone', async () => {
    const { page } = await show(fullReport());
    await page.keyboard.press('/');
    await page.keyboard.type('GHSA-1111');
    await expect.poll(() => countOf(page)).toBe('1 of 13 findings');
    await page.locator('.f summary').focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('.f .more').isVisible()).toBe(true);
  });

  test('every control has a name', async () => {
    const { page } = await show(fullReport());
    expect(await page.evaluate(NAMELESS)).toEqual([]);
  });

  test('is light or dark as the system is, until somebody chooses', async () => {
    const { page } = await show(fullReport(), { colorScheme: 'dark' });
    const back = (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(await back()).toBe('rgb(14, 20, 27)');
    await page.locator('#theme').click();
    expect(await back()).toBe('rgb(244, 246, 249)');
    expect(await page.locator('#theme').textContent()).toBe('Dark');
  });

  test.each([320, 390, 768, 1360])('is as wide as a screen of %i', async (width) => {
    const { page } = await show(hostileReport('x'.repeat(3000)), { viewport: { width, height: 800 } });
    await page.evaluate(OPEN_ALL);
    const own = await page.evaluate('document.documentElement.scrollWidth');
    expect(own).toBeLessThanOrEqual(width);
  });

  test('hostile texts stay texts', async () => {
    const { page, complaints } = await show(fullReport());
    for (const text of HOSTILE_TEXTS) {
      await open(page, hostileReport(text));
      await page.evaluate(OPEN_ALL);
      const shown = (await page.locator('.id').first().textContent()) ?? '';
      await page.locator('#q').fill(shown.slice(0, 50));
      expect(await page.locator('.f').count()).toBeGreaterThan(0);
      expect(await page.locator('img, iframe, object, body style, main script').count()).toBe(0);
      expect(complaints).toEqual([]);
    }
  });

  test('can be read where no script runs', async () => {
    const { page } = await show(fullReport(), { javaScriptEnabled: false });
    expect(await page.locator('.f').count()).toBe(13);
    expect(await page.locator('.tools').isVisible()).toBe(false);
    await page.locator('.f summary').first().click();
    expect(await page.locator('.f .more').first().isVisible()).toBe(true);
  });

  test('of 5,000 findings filters at once, and shows more on the way down', async () => {
    const { page } = await show(largeReport(5000));
    expect(await countOf(page)).toBe('5000 findings');
    const first = await page.locator('.f').count();
    expect(first).toBeLessThan(1000);
    const started = performance.now();
    await page.locator('#q').fill('package-499');
    await expect.poll(() => countOf(page)).toBe('10 of 5000 findings');
    expect(performance.now() - started).toBeLessThan(18_000);
    await page.locator('#reset').click();
    await page.evaluate('scrollTo(0, document.body.scrollHeight)');
    await expect.poll(() => page.locator('.f').count()).toBeGreaterThan(first);
  });
});
