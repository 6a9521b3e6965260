// Licensed under the Apache License, Version 2.0; see LICENSE.

// Each view as axe sees it, narrow and wide, light and dark; the main way by the keyboard alone;
// the size of what is loaded and the time to the first paint, told: node views.mjs PLACES
// [DIRECTORY]. With a directory it leaves pictures there. Prints TAP.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { is, modules, ok, section } from '../../t/interop/interop.mjs'
import { at, clean, Person, withPeople } from './harness.mjs'
import { CREDENTIAL, file, PNG } from './samples.mjs'

const [, , , pictures] = process.argv
const LARGEST = 150 * 1000
const AXE = await readFile(join(modules, 'axe-core/axe.min.js'), 'utf8')

const LOOKS = [
  [1280, 'light'],
  [1280, 'dark'],
  [360, 'light'],
  [360, 'dark']
]

// Through the debugger, since the page's policy lets nothing else into it.
async function examine(person, name, of) {
  const { page } = person
  for (const [width, colorScheme] of LOOKS) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const session = await person.context.newCDPSession(page)
    await session.send('Runtime.evaluate', { expression: AXE })
    await session.detach()
    const { violations } = await page.evaluate(() => globalThis.axe.run())
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`)
    is(told, [], of(`${name}, ${width} wide, ${colorScheme}`))
    if (wide) ok(false, of(`${name}, ${width} wide: it is wider than that`))
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
  const paint = await alice.page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime
  )
  console.log(`# first paint after ${Math.round(paint)} ms`)
  const first = alice.requests.filter(url => url.endsWith('.js'))
  ok(
    !first.some(url => /share-|ed25519-|sha2-/.test(url)),
    of('what is rarely used is loaded then')
  )
  await alice.leave()
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
})
