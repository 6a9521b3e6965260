// Licensed under the Apache License, Version 2.0; see LICENSE.

// What the explorer's tests share: people, each with a browser profile of their own, at the
// explorer of a server; what they do in it, by the names that a screen reader would tell; and what
// their browsers saw that must not be: failures of the page, violations of its policy, requests to
// places that nobody chose.

import { withBrowser } from '../../t/interop/browser.mjs'
import { done, ok, section } from '../../t/interop/interop.mjs'

// Where the servers of t/lib/WAS/Explorer.pm are.
export const at = JSON.parse(process.argv[2])
export const home = `${at.server}/explorer/`

// Long, since others use the machine, too; waiting ends when what is waited for is there.
const PATIENCE_MS = Number(process.env.PATIENCE ?? 90000)

export class Person {
  errors = []
  // Of the page itself; and what the browser said that it kept anything from, frames included.
  violations = []
  blocked = []
  requests = []

  // `options` are those of a browser context; `url` is where the explorer is.
  static async at(browser, url = home, options = {}) {
    return await Person.of(await browser.newContext({ acceptDownloads: true, ...options }), url)
  }

  static async of(context, url = home) {
    const person = new Person()
    person.context = context
    await person.watch()
    person.page = await context.newPage()
    await person.open(url)
    return person
  }

  // A transfer of the list below.
  transfer(name) {
    return this.page.locator('.transfer').filter({ hasText: name })
  }

  // Of all pages of this profile, also those that the first one opens.
  async watch() {
    const { context } = this
    context.setDefaultTimeout(PATIENCE_MS)
    await context.exposeBinding('tellViolation', (_, told) => this.violations.push(told))
    await context.addInitScript(() => {
      addEventListener('securitypolicyviolation', event =>
        globalThis.tellViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`)
      )
    })
    context.on('page', page => {
      page.on('pageerror', error => this.errors.push(error.stack))
      page.on('dialog', dialog => {
        this.errors.push(`a dialog: ${dialog.message()}`)
        void dialog.dismiss()
      })
    })
    context.on('console', message => {
      if (/Content Security Policy|sandboxed/.test(message.text()))
        this.blocked.push(message.text())
    })
    context.on('request', request => this.requests.push(request.url()))
  }

  async open(url) {
    await this.page.goto(url)
    await this.page.locator('main h1').waitFor()
  }

  // Presses the button, or the one within something.
  async press(name, within = this.page) {
    await within.getByRole('button', { name, exact: true }).first().click()
  }

  async follow(name) {
    await this.page.getByRole('link', { name, exact: true }).first().click()
  }

  // Fills the fields of the dialog that is open, by their labels, and presses a button of it.
  async answer(fields, button) {
    const dialog = this.page.getByRole('dialog')
    for (const [label, value] of Object.entries(fields))
      await dialog.getByLabel(label, { exact: true }).fill(value)
    await this.press(button, dialog)
  }

  async answerAndClose(fields, button) {
    await this.answer(fields, button)
    await this.page.getByRole('dialog').waitFor({ state: 'detached' })
  }

  async makeKey(name) {
    await this.follow('Keys')
    await this.press('Make a key')
    await this.answerAndClose({ Name: name }, 'Make a key')
    await this.page.getByRole('heading', { name, exact: true }).waitFor()
    return await this.page.locator('.card[aria-current] code').textContent()
  }

  async addServer(url) {
    await this.page.getByRole('navigation').getByRole('link', { name: 'Servers' }).first().click()
    await this.page.getByLabel('Its URL').fill(url)
    await this.press('Add a server')
  }

  async openServer(url) {
    await this.addServer(url)
    await this.follow(url)
    await this.page.getByRole('heading', { name: 'Spaces', exact: true }).waitFor()
  }

  async makeSpace(name) {
    await this.press('New space')
    await this.answerAndClose({ Name: name }, 'New space')
    await this.follow(name)
    await this.page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
  }

  async makeCollection(name) {
    await this.press('New collection')
    await this.answerAndClose({ Name: name }, 'New collection')
    await this.follow(name)
    await this.page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
    await this.page.getByText('Nothing is here yet').waitFor()
  }

  // A file as a picker gives one: { name, mimeType, buffer }, or a path.
  async choose(...files) {
    await this.page.getByLabel('Choose files').setInputFiles(files.length === 1 ? files[0] : files)
  }

  async upload(...files) {
    const before = await this.stored()
    await this.choose(...files)
    const all = async () => (await this.stored()) >= before + files.length
    await this.until(all, () => this.page.locator('.transfer').allTextContents())
  }

  // What the browser was handed, however long that takes, as long as it comes nearer.
  async download() {
    let got
    this.page.once('download', download => (got = download))
    await this.press('Download')
    await this.until(
      () => got !== undefined,
      () => this.page.locator('.transfer').allTextContents()
    )
    return got
  }

  async stored() {
    return await this.page.locator('.transfer.done').count()
  }

  // A row of the table of resources.
  row(name) {
    const link = this.page.getByRole('link', { name, exact: true })
    return this.page.locator('table.items tr', { has: link })
  }

  async sees(text, within = this.page) {
    await within.getByText(text).first().waitFor()
  }

  // Waits for what has no element of its own, for as long as `progress` is another one each time.
  async until(condition, progress = () => '') {
    let end = 0
    let before
    while (!(await condition())) {
      const now = String(await progress())
      if (now !== before) end = Date.now() + PATIENCE_MS
      else if (Date.now() > end) throw new Error(`still not: ${condition}`)
      before = now
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }

  // Requests to other origins than these; the browser's own viewer of PDF is no stranger.
  strays(...origins) {
    // What the browser shows a PDF with, and so on, is its own.
    const known = [...origins, 'blob:', 'data:', 'chrome:', 'chrome-extension:']
    return this.requests.filter(url => !known.some(origin => url.startsWith(origin)))
  }

  async leave() {
    await this.context.close()
  }
}

// Runs the sections of a program in one browser: chromium, or firefox.
export async function withPeople(run, name = 'chromium') {
  await section('browser', () =>
    withBrowser(async (kind, options, directory) => {
      const browser = await kind.launch(options)
      try {
        await run(browser, { kind, options, directory })
      } finally {
        await browser.close()
      }
    }, name)
  )
  done()
}

export function clean(person, name, ...origins) {
  ok(person.errors.length === 0, `${name}: no script failed`, person.errors.join('\n'))
  ok(person.violations.length === 0, `${name}: the policy holds`, person.violations.join('\n'))
  const strays = person.strays(...origins)
  ok(strays.length === 0, `${name}: nobody else was asked`, strays.join('\n'))
}
