// Licensed under the Apache License, Version 2.0; see LICENSE.

// What people do in the explorer in every browser that is tested, as they do it.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { is, ok } from '../../t/interop/interop.mjs'
import { at, clean, home, Person } from './harness.mjs'
import { file, recordFilm, wav } from './samples.mjs'

export const PWS = `${at.server}/pws/`
export const TEXT = file('note.txt', 'text/plain', 'Grüße')

// A key, a space, a resource: put, looked at, deleted.
export async function slice(browser, of, { url, collection, from = home, ...options }) {
  const alice = await Person.at(browser, from, options)
  await alice.makeKey('Alice')
  await alice.openServer(url)
  await alice.makeSpace('Letters')
  if (collection) await alice.makeCollection(collection)
  await alice.upload(TEXT)
  const name = collection ? 'note.txt' : '/note.txt'
  await alice.sees('7 bytes', alice.row(name))
  ok(true, of('what was put is listed with its size'))
  await alice.follow(name)
  await alice.sees('Grüße')
  ok(true, of('it is looked at'))
  await alice.press('Delete')
  await alice.answerAndClose({}, 'Delete')
  await alice.sees('Nothing is here yet')
  ok(true, of('it is deleted'))
  clean(alice, of('a visit'), new URL(from).origin, new URL(url).origin)
  await alice.leave()
}

// One who has a space with a collection, and is in it.
export async function owner(browser, { url = PWS, from = home } = {}) {
  const alice = await Person.at(browser, from, { ignoreHTTPSErrors: true })
  alice.did = await alice.makeKey('Alice')
  await alice.openServer(url)
  await alice.makeSpace('Letters')
  if (url.endsWith('/pws/')) await alice.makeCollection('Drafts')
  return alice
}

export async function edit(browser, of, way) {
  const alice = await owner(browser, way)
  await alice.press('New text')
  await alice.answer({ 'Its name, for example note.txt or data.json': 'plan.json' }, 'New text')
  await alice.press('Edit')
  const text = alice.page.getByLabel('Content', { exact: true })
  await text.fill('{"step": 1')
  await alice.press('Save')
  await alice.sees('This is not JSON')
  ok(true, of('what is not JSON is told, and not sent'))
  await text.fill('{"step": 1}')
  await alice.press('Save')
  await alice.sees('"step"')
  ok(true, of('JSON is edited'))
  const again = await alice.context.newPage()
  await again.goto(alice.page.url())
  await again.getByRole('button', { name: 'Edit', exact: true }).click()
  await again.getByLabel('Content', { exact: true }).fill('{"step": "theirs"}')
  await alice.press('Edit')
  await text.fill('{"step": "mine"}')
  await again.getByRole('button', { name: 'Save' }).click()
  await again.getByText('"theirs"').waitFor()
  // In pws the feed tells it, before one would save.
  if (way.path.startsWith('/')) await alice.press('Save')
  await alice.sees('This was changed elsewhere since you opened it')
  is(await text.inputValue(), '{"step": "mine"}', of('a conflict is told, and nothing is lost'))
  await alice.press('Overwrite it with mine')
  await alice.sees('"mine"')
  ok(true, of('and one decides'))
  clean(alice, of('editing'), at.server)
  await alice.leave()
}

export async function share(browser, of) {
  const alice = await owner(browser)
  const bob = await Person.at(browser)
  const did = await bob.makeKey('Bob')
  await alice.upload(TEXT)
  await alice.sees('7 bytes', alice.row('note.txt'))
  await alice.press('Share')
  const dialog = alice.page.getByRole('dialog')
  await alice.answer({ 'With whom (a did:key)': 'did:key:zBob' }, 'Make the share')
  await alice.sees('This is no did:key', dialog)
  ok(true, of('what is no DID is told'))
  await alice.answer({ 'With whom (a did:key)': did }, 'Make the share')
  const text = await dialog.getByLabel('Give this text').inputValue()
  await dialog.getByRole('img', { name: 'The same as a QR code' }).waitFor()
  ok(true, of('a share is a text, and a QR code'))
  is(JSON.parse(text).allowedAction, ['GET', 'HEAD'], of('it is to read, unless more is said'))
  await alice.press('Close', dialog)

  await bob.follow('Shares')
  const paste = async value => {
    await bob.page.getByLabel('Paste the text').fill(value)
    await bob.press('Open a share')
  }
  const capability = JSON.parse(text)
  for (const [wrong, words] of [
    ['{', 'This is no share'],
    ['{"id":"urn:uuid:1"}', 'This is no share'],
    [JSON.stringify({ ...capability, expires: '2020-01-01T00:00:00Z' }), 'has expired'],
    [JSON.stringify({ ...capability, controller: alice.did }), 'another key'],
    [JSON.stringify({ ...capability, invocationTarget: 'https://x.example/' }), 'names nothing']
  ]) {
    await paste(wrong)
    await bob.sees(words)
  }
  ok(true, of('what is no share for one is told'))
  await paste(text)
  await bob.sees('7 bytes', bob.row('note.txt'))
  await bob.follow('note.txt')
  await bob.sees('Grüße')
  ok(true, of('a share is opened'))
  await bob.press('Delete')
  await bob.answer({}, 'Delete')
  await bob.sees('It is not there, or not for you', bob.page.getByRole('dialog'))
  ok(true, of('and is good for nothing else'))
  await bob.press('Cancel', bob.page.getByRole('dialog'))

  await alice.follow('Shares')
  await alice.press('Revoke')
  await alice.answerAndClose({}, 'Revoke')
  await alice.sees('revoked')
  await bob.page.reload()
  await bob.sees('It is not there, or not for you')
  ok(true, of('it is revoked'))
  clean(alice, of('sharing'), at.server)
  clean(bob, of('what is shared'), at.server)
  await Promise.all([alice.leave(), bob.leave()])
}

const SECONDS = 2000

// Goes to a second of what is played, and waits until it went on from there.
async function playFrom(page, second) {
  await page.evaluate(from => {
    const player = document.querySelector('audio, video')
    player.muted = true
    player.currentTime = from
    void player.play()
  }, second)
  await page.waitForFunction(from => {
    const player = document.querySelector('audio, video')
    return !player.seeking && player.currentTime > from
  }, second)
}

async function isLoaded(page, seconds) {
  await page.waitForFunction(
    length => Math.round(document.querySelector('audio')?.duration) === length,
    seconds
  )
}

// As shift and reload do, which only the debugger of Chromium can.
async function reloadPastWorker(page) {
  const session = await page.context().newCDPSession(page)
  const loaded = page.waitForEvent('load')
  await session.send('Page.reload', { ignoreCache: true })
  await loaded
}

// A film, and a sound that is too long to be read as a whole for a second of it.
export async function play(browser, of, way, { directory }) {
  const alice = await owner(browser, way)
  const { page } = alice
  const sound = wav(SECONDS)
  const path = join(directory, 'sound.wav')
  await writeFile(path, sound)
  await alice.upload(path)
  const film = Buffer.from(await page.evaluate(recordFilm), 'base64')
  await alice.upload(file('film.webm', 'video/webm', film))
  const named = name => (way.path.startsWith('/') ? `/${name}` : name)
  const begins = []
  page.on('request', request => {
    const [, from] = /^bytes=(\d+)-/.exec(request.headers().range ?? '') ?? []
    if (from && request.url().endsWith('/sound.wav')) begins.push(Number(from))
  })
  await alice.follow(named('sound.wav'))
  await isLoaded(page, SECONDS)
  await playFrom(page, SECONDS - 100)
  ok(true, of('a sound is played from where one wants'))
  const { length } = sound
  ok(Math.max(...begins) > length * 0.9, of('by ranges'), begins.join(', '))
  ok(begins.length * 1024 * 1024 < length / 2, of('without the rest of it'), begins.join(', '))
  if (browser.browserType().name() === 'chromium') {
    await reloadPastWorker(page)
    await isLoaded(page, SECONDS)
    ok(true, of('also on a page that was loaded past the service worker'))
  }
  await page.goBack()
  await alice.follow(named('film.webm'))
  await page.waitForFunction(() => document.querySelector('video')?.videoWidth === 64)
  await playFrom(page, 0)
  await page.waitForFunction(() => document.querySelector('video').ended)
  ok(true, of('a film is played to its end'))
  await playFrom(page, 0)
  ok(true, of('and again from its beginning'))
  clean(alice, of('playing'), at.server)
  await alice.leave()
}
