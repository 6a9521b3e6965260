// Licensed under the Apache License, Version 2.0; see LICENSE.

// What a person does, driven as a person does it: node actions.mjs PLACES. Prints TAP.

import { generateKeyPairSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { is, ok, section } from '../../t/interop/interop.mjs'
import { at, clean, home, Person, withPeople } from './harness.mjs'
import { CREDENTIAL, file, PDF, PNG, strangeKey } from './samples.mjs'
import { edit, owner, play, PWS, share, slice, TEXT } from './ways.mjs'

const SECURE = `${at.tls}/pws/`

async function keys(browser, of) {
  const alice = await Person.at(browser)
  await alice.makeKey('Kept')
  is(await alice.page.getByRole('button', { name: 'Export' }).count(), 0, of('a key stays'))
  const readable = await alice.page.evaluate(readKeys)
  is(readable, ['refused'], of('no script reads it'))
  await alice.press('Make a key')
  await alice.page.getByLabel('It may leave this browser').check()
  await alice.answerAndClose({ Name: 'Lent' }, 'Make a key')
  await alice.press('Export')
  const pem = await alice.page.getByLabel('The key').inputValue()
  ok(/^-----BEGIN PRIVATE KEY-----\n/.test(pem), of('one that was made for it is exported'))
  await alice.press('Close')
  const made = await alice.page.locator('.card', { hasText: 'Lent' }).locator('code').textContent()

  const key = strangeKey()
  for (const form of ['pem', 'openssh', 'multibase', 'hexadecimal'])
    is(await bring(alice, form, key[form]), key.did, of(`a key is brought: ${form}`))
  is(await bring(alice, 'again', pem), made, of('what was exported is the same key'))
  const wrong = [
    ['nonsense', 'This is no key'],
    ['', undefined],
    [key.locked, 'This key has a passphrase'],
    [key.cut, 'A part of this key is missing'],
    [
      generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({
        format: 'pem',
        type: 'pkcs8'
      }),
      'no Ed25519 key'
    ],
    [key.multibase.slice(0, 20), 'A part of this key is missing'],
    [key.pem.replaceAll('A', '~'), 'This is no key'],
    ['x'.repeat(20000), 'This is no key']
  ]
  await alice.press('Bring a key')
  const dialog = alice.page.getByRole('dialog')
  await dialog.getByLabel('Name').fill('Wrong')
  for (const [text, words] of wrong) {
    await dialog.getByLabel('The key', { exact: true }).fill(text)
    await alice.press('Bring it', dialog)
    if (words) await alice.sees(words, dialog)
  }
  ok(true, of('what is no key is told from one, and why'))
  await alice.press('Cancel', dialog)
  await alice.press('Forget', alice.page.locator('.card', { hasText: 'Kept' }))
  await alice.answerAndClose({}, 'Forget')
  is(await alice.page.getByText('Kept').count(), 0, of('one is forgotten'))
  clean(alice, of('keys'), at.server)
  await alice.leave()
}

// Runs in the page: tries to read each private key that this origin's database has.
async function readKeys() {
  const database = await new Promise((resolve, reject) => {
    const asked = indexedDB.open('was-explorer-identities')
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = reject
  })
  const rows = await new Promise(resolve => {
    const asked = database.transaction('identities').objectStore('identities').getAll()
    asked.onsuccess = () => resolve(asked.result)
  })
  database.close()
  const formats = ['pkcs8', 'jwk', 'raw']
  const read = ({ key }) =>
    Promise.any(formats.map(form => crypto.subtle.exportKey(form, key.privateKey))).then(
      () => 'read',
      () => (key.seed ? 'read' : 'refused')
    )
  return await Promise.all(rows.map(read))
}

async function bring(person, name, text) {
  await person.press('Bring a key')
  await person.answerAndClose({ Name: name, 'The key': text }, 'Bring it')
  const card = person.page.locator('.card', { hasText: name })
  return await card.locator('code').textContent()
}

async function names(browser, of) {
  const alice = await owner(browser)
  await alice.upload(file('Müllers Brief (3).txt', 'text/plain', 'x'))
  await alice.row('Müllers Brief (3).txt').waitFor()
  ok(true, of('a file keeps a name that no id can be'))
  await alice.press('Rename Müllers Brief (3).txt')
  await alice.answerAndClose({ Name: 'Brief' }, 'Rename')
  await alice.row('Brief').waitFor()
  ok(true, of('a resource is renamed'))
  await alice.page.goBack()
  await alice.press('Rename')
  await alice.answerAndClose({ Name: 'Fair copies' }, 'Rename')
  await alice.page.getByRole('link', { name: 'Fair copies' }).waitFor()
  ok(true, of('a collection is renamed'))
  await alice.sees(/used/)
  await alice.sees(/ of 600 MiB used/)
  ok(true, of('what it takes is shown against the quota'))
  await alice.press('Delete')
  await alice.answerAndClose({}, 'Delete')
  await alice.sees('No collections yet')
  ok(true, of('a collection is deleted'))
  await alice.page.goBack()
  await alice.press('Rename')
  await alice.answerAndClose({ Name: 'Post' }, 'Rename')
  await alice.page.getByRole('link', { name: 'Post' }).waitFor()
  ok(true, of('a space is renamed'))
  await alice.press('Delete')
  await alice.answerAndClose({}, 'Delete')
  await alice.sees('There is no space of yours')
  ok(true, of('a space is deleted'))
  clean(alice, of('names'), at.server)
  await alice.leave()
}

async function look(browser, of, way) {
  const alice = await owner(browser, way)
  const files = [
    file('data.json', 'application/json', '{"a":{"b":[1,2,"three"]}}'),
    file('card.json', 'application/json', JSON.stringify(CREDENTIAL)),
    file('dot.png', 'image/png', PNG),
    file('drawing.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>'),
    file('page.html', 'text/html', '<h1>Hello</h1>'),
    file('paper.pdf', 'application/pdf', PDF),
    file('thing.bin', 'application/x-thing', 'x')
  ]
  await alice.upload(...files)
  ok(true, of('many files are put at once'))
  const { page } = alice
  const looks = {
    'data.json': async () => {
      await alice.sees('"three"')
      await alice.press('Text')
      await alice.sees('{"a":{"b":[1,2,"three"]}}')
    },
    'card.json': async () => {
      const card = page.locator('.credential')
      await alice.sees('did:web:library.example', card)
      await alice.sees('did:example:reader', card)
      await alice.sees('LibraryCard', card)
      await alice.sees('There is one. It was not checked here.', card)
    },
    'dot.png': () => page.waitForFunction(() => document.images[0]?.naturalWidth === 1),
    'drawing.svg': () => page.getByRole('img', { name: 'drawing.svg' }).waitFor(),
    'page.html': async () => {
      await alice.sees('<h1>Hello</h1>')
      await alice.press('As a page, without scripts')
      await page.frameLocator('iframe.page').getByRole('heading', { name: 'Hello' }).waitFor()
    },
    'paper.pdf': () => page.locator('iframe.page').or(page.getByText('no view')).waitFor(),
    'thing.bin': () => alice.sees('There is no view for this type')
  }
  for (const [name, seen] of Object.entries(looks)) {
    await alice.follow(way.url.endsWith('/pws/') ? name : `/${name}`)
    await seen()
    ok(true, of(`${name} is looked at`))
    await page.goBack()
  }
  await alice.follow(way.url.endsWith('/pws/') ? 'thing.bin' : '/thing.bin')
  const [download] = await Promise.all([page.waitForEvent('download'), alice.press('Download')])
  is(await readFile(await download.path(), 'utf8'), 'x', of('what has no view is downloaded'))
  is(download.suggestedFilename(), 'thing.bin', of('under its name'))
  clean(alice, of('looking'), at.server)
  await alice.leave()
}

async function conflicts(browser, of, way) {
  const alice = await owner(browser, way)
  const name = way.url.endsWith('/pws/') ? 'note.txt' : '/note.txt'
  await alice.upload(file('note.txt', 'text/plain', 'the first one'))
  await alice.choose(file('note.txt', 'text/plain', 'another one'))
  await alice.sees('There is something of this name already')
  await alice.follow(name)
  await alice.sees('the first one')
  ok(true, of('an upload under a name that is taken is told, and overwrites nothing'))
  await alice.press('Keep both')
  await alice.until(async () => (await alice.stored()) === 2)
  await alice.page.goBack()
  await alice.page.getByRole('link', { name: /note-[0-9a-f]{8}\.txt/ }).waitFor()
  ok(true, of('both are kept'))
  await alice.choose(file('note.txt', 'text/plain', 'a third one'))
  await alice.press('Replace it')
  await alice.until(async () => (await alice.stored()) === 3)
  await alice.follow(name)
  await alice.sees('a third one')
  ok(true, of('or one is replaced, when that is said'))
  await alice.page.goBack()
  await alice.choose(file('note.txt', 'text/plain', 'a third one'))
  await alice.until(async () => (await alice.stored()) === 4)
  ok(true, of('what is there already, byte for byte, is no conflict'))

  const drop = await alice.page.evaluateHandle(() => {
    const dropped = new DataTransfer()
    for (const name of ['left.txt', 'right.txt'])
      dropped.items.add(new File([name], name, { type: 'text/plain' }))
    return dropped
  })
  await alice.page.locator('.drop').dispatchEvent('drop', { dataTransfer: drop })
  await alice.until(async () => (await alice.stored()) === 6)
  ok(true, of('files are dropped'))
  clean(alice, of('conflicts'), at.server)
  await alice.leave()
}

// Five files, of which three go at once; each waits here until it is let go.
async function queue(browser, of, way) {
  const alice = await owner(browser, way)
  const { page } = alice
  const held = new Map()
  await page.route(/[a-e]\.txt$/, route => {
    if (route.request().method() !== 'PUT') return route.continue()
    held.set(route.request().url().slice(-5), route)
  })
  const names = ['a.txt', 'b.txt', 'c.txt', 'd.txt', 'e.txt']
  await alice.choose(...names.map(name => file(name, 'text/plain', name)))
  await alice.until(() => held.size === 3)
  await alice.press('Pause')
  await alice.sees('no other file begins')
  await alice.press('Stop', alice.transfer('b.txt'))
  await alice.sees('stopped; nothing was stored', alice.transfer('b.txt'))
  for (const name of ['a.txt', 'c.txt']) await held.get(name).continue()
  await alice.until(async () => (await alice.stored()) === 2)
  is([...held.keys()].sort(), ['a.txt', 'b.txt', 'c.txt'], of('paused, no other file begins'))
  await alice.press('Stop', alice.transfer('d.txt'))
  await alice.press('Go on')
  await alice.until(() => held.size === 4)
  await held.get('e.txt').continue()
  await alice.until(async () => (await alice.stored()) === 3)
  ok(!held.has('d.txt'), of('then the rest goes, but for what was stopped'))
  held.delete('b.txt')
  await alice.press('Try again', alice.transfer('b.txt'))
  await alice.until(() => held.has('b.txt'))
  await held.get('b.txt').continue()
  await alice.until(async () => (await alice.stored()) === 4)
  await page.reload()
  await page.locator('table.items').waitFor()
  const there = await page.locator('table.items th a').allTextContents()
  is(
    there.map(name => name.slice(-5)).sort(),
    ['a.txt', 'b.txt', 'c.txt', 'e.txt'],
    of('one that was stopped in the middle is not there until it is tried again')
  )
  clean(alice, of('a queue'), at.server)
  await alice.leave()
}

async function open(browser, of, { url, path }) {
  const alice = await owner(browser, { url })
  await alice.upload(TEXT)
  await alice.follow(path)
  const asked = alice.page.waitForRequest(
    request => request.url().endsWith('/note.txt') && request.method() === 'HEAD'
  )
  await alice.page.reload()
  const resource = (await asked).url()
  const unsigned = async () => (await fetch(resource)).status
  await alice.sees('Only you, and whom you share it with')
  ok([401, 404].includes(await unsigned()), of('nobody else reads'))
  await alice.press('Let anybody read')
  await alice.sees('Anybody who knows the URL')
  is(await unsigned(), 200, of('anybody may read'))
  await alice.press('Stop letting anybody read')
  await alice.sees('Only you, and whom you share it with')
  ok([401, 404].includes(await unsigned()), of('and may not again'))
  clean(alice, of('access'), at.server)
  await alice.leave()
}

async function move(browser, of, way) {
  const alice = await owner(browser, way)
  const name = way.url.endsWith('/pws/') ? 'note.txt' : '/note.txt'
  await alice.upload(TEXT)
  await alice.sees('7 bytes', alice.row(name))
  if (way.url.endsWith('/pws/')) await alice.page.goBack()
  const { page } = alice
  const [download] = await Promise.all([page.waitForEvent('download'), alice.press('Export')])
  const path = await download.path()
  is(download.suggestedFilename(), 'Letters.tar', of('a space is exported'))
  await alice.openServer(way.url)
  await alice.makeSpace('Copy')
  await page.getByLabel('Import an archive').setInputFiles(path)
  await alice.sees(/Imported: .*[1-9]/)
  if (way.url.endsWith('/pws/')) await alice.follow('Drafts')
  await alice.sees('7 bytes', alice.row(name))
  ok(true, of('an archive is imported'))
  clean(alice, of('moving'), at.server)
  await alice.leave()
}

async function pages(browser, of) {
  const alice = await owner(browser)
  const files = Array.from({ length: 130 }, (_, i) =>
    file(`n${String(i).padStart(4, '0')}.txt`, 'text/plain', `${i}`)
  )
  await alice.upload(...files)
  await alice.page.reload()
  await alice.sees('1 to 100 of 130')
  await alice.press('Next page')
  await alice.sees('101 to 130 of 130')
  await alice.row('n0129.txt').waitFor()
  await alice.press('First page')
  await alice.row('n0000.txt').waitFor()
  ok(true, of('a long list is turned over'))
  clean(alice, of('pages'), at.server)
  await alice.leave()
}

async function offline(browser, of) {
  const alice = await owner(browser)
  await alice.context.setOffline(true)
  await alice.sees('You are offline')
  ok(true, of('that one is offline is told'))
  await alice.choose(TEXT)
  await alice.sees('The connection broke. Nothing was stored.')
  ok(true, of('and that nothing was stored'))
  await alice.context.setOffline(false)
  await alice.press('Try again', alice.page.locator('.transfer'))
  await alice.row('note.txt').waitFor()
  ok(true, of('it is tried again'))
  await alice.leave()
}

const classic = { url: `${at.server}/private/`, path: '/note.txt' }
const pws = { url: PWS, path: 'note.txt' }
const both = [
  ['classic', classic],
  ['pws', pws]
]
const secure = { from: `${at.tls}/explorer/`, ignoreHTTPSErrors: true }

await withPeople(async (browser, machine) => {
  for (const [name, way] of [
    ['classic', { url: `${at.server}/` }],
    ['classic, private', { url: `${at.server}/private/` }],
    ['classic of another origin', { url: `${at.other}/` }],
    ['pws', { url: PWS, collection: 'Drafts' }],
    ['pws of September', { url: `${at.server}/september/`, collection: 'Drafts' }],
    ['pws of another origin', { url: `${at.other}/pws/`, collection: 'Drafts' }],
    ['classic over TLS', { url: `${at.tls}/`, ...secure }],
    ['pws over TLS', { url: SECURE, collection: 'Drafts', ...secure }]
  ])
    await section(name, of => slice(browser, of, way))
  await section('keys', of => keys(browser, of))
  await section('names', of => names(browser, of))
  for (const [what, run] of Object.entries({ look, play, conflicts, edit, open, move }))
    for (const [name, way] of both)
      await section(`${what}, ${name}`, of => run(browser, of, way, machine))
  await section('queue', of => queue(browser, of, pws))
  await section('share', of => share(browser, of))
  await section('pages', of => pages(browser, of))
  await section('offline', of => offline(browser, of))
})
