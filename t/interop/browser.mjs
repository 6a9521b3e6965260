// Licensed under the Apache License, Version 2.0; see LICENSE.

// A headless browser of the machine, the `chromium` or `firefox-esr` of PATH or what
// WAS_CHROMIUM or WAS_FIREFOX names; and the origin that a page of it comes from. Knows nothing of
// what the page does.

import { accessSync, constants } from 'node:fs'
import { createServer } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { load } from './interop.mjs'

const BROWSERS = {
  chromium: {
    wanted: process.env.WAS_CHROMIUM || 'chromium',
    options: {
      chromiumSandbox: false,
      args: [
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-proxy-server'
      ]
    }
  },
  // By WebDriver BiDi, which it speaks as it is; another channel would want a build of
  // Playwright's.
  firefox: {
    wanted: process.env.WAS_FIREFOX || 'firefox-esr',
    options: { channel: 'moz-firefox', firefoxUserPrefs: { 'network.proxy.type': 0 } }
  }
}

export function findBrowser(name = 'chromium') {
  const { wanted } = BROWSERS[name]
  const places = wanted.includes('/')
    ? [wanted]
    : process.env.PATH.split(delimiter).map(dir => join(dir, wanted))
  const found = places.find(path => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
  if (!found)
    throw new Error(
      `there is no ${wanted}; tools/test installs it, WAS_SKIP_INTEROP=1 goes without`
    )
  return found
}

// An origin of its own for { path: [media type, text] }.
export async function serve(files) {
  const server = createServer((request, response) => {
    const [type, body] = files[request.url] ?? ['text/plain', '']
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(body)
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() }
}

// Runs run(page, complaints) with an empty page; the errors that scripts of the page do not catch
// are added to complaints.
export async function withPage(run) {
  await withBrowser(async (chromium, options) => {
    const browser = await chromium.launch(options)
    try {
      const page = await browser.newPage()
      page.setDefaultTimeout(30000)
      const complaints = []
      page.on('pageerror', error => complaints.push(error.stack))
      await run(page, complaints)
    } finally {
      await browser.close()
    }
  })
}

// Gives run() what launches, what to launch it with, and a home, which is removed then: profile,
// caches and crash reports go there.
export async function withBrowser(run, name = 'chromium') {
  const kind = (await load('playwright-core')).default[name]
  const executablePath = findBrowser(name)
  const home = await mkdtemp(join(tmpdir(), 'was-browser-'))
  const options = {
    ...BROWSERS[name].options,
    executablePath,
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home }
  }
  try {
    await run(kind, options, home)
  } finally {
    await rm(home, { recursive: true, force: true, maxRetries: 3 })
  }
}
