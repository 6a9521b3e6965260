// Licensed under the Apache License, Version 2.0; see LICENSE.

// Each view as axe sees it, narrow and wide, light and dark, and whether all of it has room; the
// main way by the keyboard alone; the size of what is loaded and the time to the first paint, told:
// node views.mjs PLACES [DIRECTORY]. With a directory it leaves pictures there. Prints TAP.

import { readdir, readFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { is, modules, ok, section } from '../../t/interop/interop.mjs'
import { at, clean, home, Person, withPeople } from './harness.mjs'
import { CREDENTIAL, file, PNG } from './samples.mjs'

const [, , , pictures] = process.argv
const LARGEST = 150 * 1000
const AXE = await readFile(join(modules, 'axe-core/axe.min.js'), 'utf8')

const LOOKS = [
  [1280, 'light'],
  [1280, 'dark'],
  [320, 'light'],
  [320, 'dark']
]
// Where nothing else changes than how much room there is.
const WIDTHS = [320, 360, 721, 1280]

// Runs in the page: what is wider than there is room for, and what moves by itself. What is meant
// for ears alone, fields that scroll, and a list's writers, whose whole name is in the resource's
// view, may be cut.
function misfits() {
  const shown = [...document.body.querySelectorAll('*')].filter(
    element => element.checkVisibility() && !element.closest('.hidden, .skip, thead, .writer')
  )
  const told = []
  for (const element of shown) {
    const { left, right, width } = element.getBoundingClientRect()
    const style = getComputedStyle(element)
    const named = `${element.localName}.${element.className}: `
    if (width > 0 && (left < -0.5 || right > innerWidth + 0.5)) told.push(`${named}outside`)
    const clips = /hidden|clip/.test(style.overflowX) && !element.matches('input, select, textarea')
    if (clips && element.scrollWidth > element.clientWidth) told.push(`${named}cut`)
    if (style.animationName !== 'none' || !/^(0s, )*0s$/.test(style.transitionDuration))
      told.push(`${named}moves`)
  }
  if (document.documentElement.scrollWidth > innerWidth) told.push('it scrolls sideways')
  return told
}

// axe comes through the debugger, since the page's policy lets nothing else into it.
async function examine(person, name, of) {
  const { page } = person
  await page.emulateMedia({ reducedMotion: 'reduce' })
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 800 })
    is(await page.evaluate(misfits), [], of(`${name} has room in ${width}`))
  }
  for (const [width, colorScheme] of LOOKS) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const session = await person.context.newCDPSession(page)
    await session.send('Runtime.evaluate', { expression: AXE })
    await session.detach()
    const { violations } = await page.evaluate(() => globalThis.axe.run())
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`)
    is(told, [], of(`${name}, ${width} wide, ${colorScheme}`))
    if (pictures) await page.screenshot({ path: `${pictures}/${name}-${width}-${colorScheme}.png` })
  }
  await page.setViewportSize({ width: 1280, height: 800 })
}

async function views(browser, of) {
  const alice = await Person.at(browser)
  const { page } = alice
  await examine(alice, 'no key', of)
  await alice.press('Make a key')
  await examine(alice, 'making a key', of)
  await alice.answerAndClose({ Name: 'Alice' }, 'Make a key')
  await alice.follow('Keys')
  await examine(alice, 'keys', of)
  await alice.press('Bring a key')
  await examine(alice, 'bringing a key', of)
  await alice.press('Cancel')
  await alice.openServer(`${at.server}/private/`)
  await alice.makeSpace('Letters')
  await alice.upload(file('note.txt', 'text/plain', 'Grüße'))
  await alice.row('/note.txt').waitFor()
  await examine(alice, 'paths', of)
  await alice.openServer(`${at.server}/pws/`)
  await alice.makeSpace('Letters')
  await alice.makeCollection('Drafts')
  await examine(alice, 'empty collection', of)
  await alice.upload(
    file('card.json', 'application/json', JSON.stringify(CREDENTIAL)),
    file('dot.png', 'image/png', PNG),
    file('note.txt', 'text/plain', 'Grüße\n'.repeat(9)),
    file('page.html', 'text/html', '<h1>Hello</h1>')
  )
  await alice.choose(file('note.txt', 'text/plain', 'another'))
  await alice.sees('There is something of this name already')
  await examine(alice, 'collection', of)
  const list = page.url()
  await alice.follow('card.json')
  await alice.sees('did:web:library.example')
  await examine(alice, 'credential', of)
  await alice.press('Edit')
  await page.getByLabel('Content', { exact: true }).fill('{')
  await alice.press('Save')
  await alice.sees('This is not JSON')
  await examine(alice, 'editor', of)
  await page.goto(list)
  await alice.follow('note.txt')
  await alice.sees('Grüße')
  await examine(alice, 'text', of)
  await alice.press('Share')
  await examine(alice, 'sharing', of)
  await alice.answer(
    { 'With whom (a did:key)': 'did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp' },
    'Make the share'
  )
  await page.getByRole('img', { name: 'The same as a QR code' }).waitFor()
  await examine(alice, 'share', of)
  await alice.press('Close')
  await page.goto(list)
  await page.goBack()
  await alice.follow('Shares')
  await examine(alice, 'shares', of)
  await alice.openServer(`${at.server}/pws/`)
  await examine(alice, 'spaces', of)
  await alice.follow('Letters')
  await alice.sees('of 600 MiB used')
  await examine(alice, 'space', of)
  await alice.follow('Servers')
  await examine(alice, 'servers', of)
  clean(alice, of('views'), at.server)
  await alice.leave()
}

// Presses Tab until what has this name has the focus, as somebody does who cannot point.
async function tabTo(page, name) {
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab')
    const found = await page.evaluate(() => {
      const { activeElement: element } = document
      return (
        element.labels?.[0]?.textContent ||
        element.getAttribute('aria-label') ||
        element.textContent
      )
    })
    if (found.trim() === name) return
  }
  throw new Error(`no Tab leads to ${name}`)
}

async function keyboard(browser, of) {
  const alice = await Person.at(browser)
  const { page } = alice
  const press = async name => {
    await tabTo(page, name)
    await page.keyboard.press('Enter')
  }
  const type = async (name, text) => {
    await tabTo(page, name)
    await page.keyboard.press('Control+A')
    await page.keyboard.type(text)
  }
  const gone = () => page.getByRole('dialog').waitFor({ state: 'detached' })
  await press('Make a key')
  await type('Name', 'Alice')
  await page.keyboard.press('Enter')
  await gone()
  await press('Servers')
  await type('Its URL', `${at.server}/pws/`)
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: `${at.server}/pws/` }).waitFor()
  await press(`${at.server}/pws/`)
  for (const [button, name] of [
    ['New space', 'Letters'],
    ['New collection', 'Drafts']
  ]) {
    await page.getByRole('button', { name: button }).waitFor()
    await press(button)
    await type('Name', name)
    await page.keyboard.press('Enter')
    await gone()
    await page.getByRole('link', { name }).waitFor()
    await press(name)
  }
  await page.getByRole('button', { name: 'New text' }).waitFor()
  await press('New text')
  await type('Its name, for example note.txt or data.json', 'note.txt')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Edit' }).waitFor()
  await press('Edit')
  await page.getByLabel('Content', { exact: true }).waitFor()
  await type('Content', 'By hand')
  await press('Save')
  await page.locator('pre', { hasText: 'By hand' }).waitFor()
  ok(true, of('from nothing to a text, without a pointer'))
  await press('Delete')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await gone()
  ok(true, of('Escape closes a dialog and does nothing'))
  await alice.leave()
}

async function size(browser, of) {
  const names = (await readdir(at.files)).filter(name => name.endsWith('.js'))
  let all = 0
  for (const name of names) {
    const { length } = gzipSync(await readFile(join(at.files, name)), { level: 9 })
    console.log(`# ${name}: ${length} bytes compressed`)
    all += length
  }
  ok(all < LARGEST, of(`${all} bytes of JavaScript, compressed`))
  const alice = await Person.at(browser)
  const first = alice.requests.filter(url => url.endsWith('.js'))
  ok(
    !first.some(url => /share-|ed25519-|sha2-/.test(url)),
    of('what is rarely used is loaded then')
  )
  await alice.leave()
}

// When something is painted first, and when the first view is there.
async function paintOf(page) {
  await page.goto(home)
  const view = await page.waitForFunction(
    () => document.querySelector('main h1') && performance.now()
  )
  const paint = await page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime
  )
  const shown = Math.round(await view.jsonValue())
  return `first paint after ${Math.round(paint)} ms, a view after ${shown} ms`
}

async function paint(browser, of) {
  const [load] = loadavg()
  for (const rate of [1, 4]) {
    const context = await browser.newContext()
    const page = await context.newPage()
    const session = await context.newCDPSession(page)
    await session.send('Emulation.setCPUThrottlingRate', { rate })
    console.log(`# CPU slowed ${rate} times, load ${load.toFixed(1)}: ${await paintOf(page)}`)
    await context.close()
  }
  const page = await browser.newPage()
  const waiting = new Promise(resolve => void page.route('**/explorer.js', resolve))
  await page.goto(home, { waitUntil: 'commit' })
  const script = await waiting
  await page.getByText('Explorer').waitFor()
  await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length)
  ok(true, of('the first paint waits for no script'))
  await script.continue()
  await page.locator('main h1').waitFor()
  is(await page.locator('header').count(), 1, of('and what it painted makes way for the page'))
  await page.close()
}

// What is in the bundle is in the documentation, with its licence, and nothing else.
async function licences(of) {
  const page = await readFile(new URL('../../docs/explorer.md', import.meta.url), 'utf8')
  const [, table] = /\| package \| licence \|\n\|---\|---\|\n(.*?)\n\n/s.exec(page)
  const [list] = (await readFile(join(at.files, 'licences.txt'), 'utf8')).split('-----', 1)
  const built = [...list.matchAll(/^(\S+) \d\S*: \(?(.*?)\)?$/gm)]
  is(
    table.split('\n'),
    built.map(([, name, licence]) => `| ${name} | ${licence} |`),
    of('the packages of the documentation are those of the bundle')
  )
}

await withPeople(async browser => {
  await section('licences', licences)
  await section('views', of => views(browser, of))
  await section('keyboard', of => keyboard(browser, of))
  await section('size', of => size(browser, of))
  await section('paint', of => paint(browser, of))
})
