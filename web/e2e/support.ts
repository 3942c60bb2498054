// A tool, a server, a browser: what the tests of views stand on.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';

const kTool = process.env.LATENT_TOOL ?? '';
export const kOut = process.env.LATENT_E2E_OUT ?? join(tmpdir(), 'latent-e2e');
export const kPictures = join(kOut, 'pictures');
mkdirSync(kPictures, { recursive: true });

/** Runs the tool to its end. @return what it printed, and behind it what it remarked. Not at once: the test runner wants to hear of its tests while a model is trained. */
export function latent(...args: string[]): Promise<string> {
  return new Promise((done, failed) => {
    execFile(kTool, args, { encoding: 'utf8', maxBuffer: 64 << 20 }, (error, said, complaint) => {
      if (error) failed(new Error(`latent ${args.join(' ')}: ${complaint || String(error)}`));
      else done(said + complaint);
    });
  });
}

/** A folder for one file of tests, gone when it ends. */
export function folder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'latent-web-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A folder and a browser for a file of tests; both are gone when it ends. To be called where tests are described. */
export function workplace(): { path: () => string; chrome: () => Browser } {
  let work: ReturnType<typeof folder> | undefined;
  let chrome: Browser | undefined;
  beforeAll(async () => {
    work = folder();
    chrome = await browser();
  });
  afterAll(async () => {
    await chrome?.close();
    work?.remove();
  });
  return { path: () => work!.path, chrome: () => chrome! };
}

export interface Server {
  address: string;
  said: () => string;
  stop: () => Promise<void>;
}

/** Starts `latent ARGS --port 0` and waits for its address. */
export async function serve(...args: string[]): Promise<Server> {
  const child: ChildProcess = spawn(kTool, [...args, '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const address = await new Promise<string>((found, failed) => {
    const read = (part: Buffer): void => {
      said += part.toString();
      const match = /https?:\/\/127\.0\.0\.1:\d+\/?/.exec(said);
      if (match) found(match[0].replace(/\/$/, ''));
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.on('exit', (code) => failed(new Error(`latent ${args.join(' ')} ended with ${code}: ${said}`)));
    setTimeout(() => failed(new Error(`no address in three minutes: ${said}`)), 180_000).unref();
  });
  const ended = new Promise<void>((done) => child.on('exit', () => done()));
  const stop = async (): Promise<void> => {
    child.kill('SIGINT');
    const patience = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(patience);
  };
  return { address, said: () => said, stop };
}

export async function browser(...more: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.LATENT_CHROMIUM,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', ...more],
  });
}

export interface Watched {
  page: Page;
  /** Throws if the page failed, or asked another host for anything. */
  check: () => void;
}

/** An empty page that is watched: errors, failures, and every address that it asks. */
export async function open(in_: Browser, size: { width: number; height: number }, dark = false): Promise<Watched> {
  const context = await in_.newContext({ viewport: size, colorScheme: dark ? 'dark' : 'light', acceptDownloads: true });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(`failed: ${error.message}`));
  page.on('console', (message) => {
    // A stream of events that breaks off is taken up again by the browser, which tells of it all the same.
    if (message.type() === 'error' && !message.text().includes('ERR_INCOMPLETE_CHUNKED_ENCODING')) problems.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!/^(http:\/\/127\.0\.0\.1:|data:|blob:|file:)/.test(url)) problems.push(`asked another host: ${url}`);
  });
  return { page, check: () => expect(problems).toEqual([]) };
}

/** Goes to a view as a reader does who was handed its address. */
export async function visit(page: Page, address: string, hash: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`${address}/#${hash}`);
  await page.locator('nav').waitFor();
}

/** Waits until no more requests are on their way and animations have come to rest. */
export async function rest(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(350);
  await page.waitForLoadState('networkidle');
}

/** Keeps a picture, and fails where the page is wider than its window. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(kPictures, `${name}.png`) });
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(over, `${name} is wider than the window`).toBeLessThanOrEqual(0);
}

const kAxe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** No serious finding of axe-core. */
export async function accessible(page: Page, name: string): Promise<void> {
  await page.evaluate(kAxe);
  const found = await page.evaluate(async () => {
    const axe = (window as unknown as { axe: { run: () => Promise<{ violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[] }> } }).axe;
    const { violations } = await axe.run();
    return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 120)} ${failureSummary}`).join(' | ')}`);
  });
  expect(found, name).toEqual([]);
}

/** Whether a canvas shows more than one colour. */
export async function isPainted(page: Page, selector: string): Promise<boolean> {
  return page.locator(selector).first().evaluate((canvas: HTMLCanvasElement) => {
    const copy = document.createElement('canvas');
    copy.width = canvas.width;
    copy.height = canvas.height;
    const context = copy.getContext('2d');
    if (!context || canvas.width === 0) return false;
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    const colors = new Set<number>();
    for (let i = 0; i < data.length && colors.size < 3; i += 4) colors.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2] | (data[i + 3] << 24));
    return colors.size > 1;
  });
}

/** Milliseconds between frames while `act` runs once per frame, as [median, 95th percentile]. */
export async function frameTimes(page: Page, act: (i: number) => Promise<void>, steps: number): Promise<[number, number]> {
  await page.evaluate(() => {
    const times: number[] = [];
    (window as unknown as { frames: number[]; counting: boolean }).frames = times;
    (window as unknown as { counting: boolean }).counting = true;
    let last = performance.now();
    const tick = (now: number): void => {
      times.push(now - last);
      last = now;
      if ((window as unknown as { counting: boolean }).counting) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  for (let i = 0; i < steps; ++i) await act(i);
  const times = await page.evaluate(() => {
    (window as unknown as { counting: boolean }).counting = false;
    return (window as unknown as { frames: number[] }).frames;
  });
  times.sort((a, b) => a - b);
  return [times[times.length >> 1], times[Math.floor(times.length * 0.95)]];
}
