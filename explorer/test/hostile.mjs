// Licensed under the Apache License, Version 2.0; see LICENSE.

// Strangers' contents and names, and a server that is hostile: nothing runs, nothing leaves, and
// the key is in nothing that was sent. node hostile.mjs PLACES. Prints TAP.

import { createServer } from 'node:http'
import { is, ok, section } from '../../t/interop/interop.mjs'
import { at, home, Person, withPeople } from './harness.mjs'
import { file, strangeKey } from './samples.mjs'
import { answers, contents, names, shareTexts } from './strangers.mjs'

const [HOSTILE, SPY] = at.hostile
const hostile = `http://127.0.0.1:${HOSTILE}`
const spy = `http://127.0.0.1:${SPY}`
const PWS = `${at.server}/pws/`

const OPEN = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, capability-invocation, content-type, digest',
  'access-control-allow-methods': 'GET, PUT, POST, DELETE',
  'access-control-expose-headers': '*, Link, Location'
}

// A server of ours; keeps the heads and bodies of all that it is sent.
async function serve(port, answer) {
  const heard = []
  const server = createServer((request, response) => {
    const pieces = []
    request.on('data', piece => pieces.push(piece))
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString('latin1')
      heard.push(`${request.method} ${request.url}\n${request.rawHeaders.join('\n')}\n${body}`)
      const { status, headers, body: said } = answer(request)
      response.writeHead(status, { ...OPEN, ...headers }).end(said)
      if (headers['content-length']) request.socket.end()
    })
  })
  await new Promise(resolve => server.listen(port, '127.0.0.1', resolve))
  return { heard, close: () => server.close() }
}

const said = { answer: undefined }

// What the hostile server says: of itself what a server of pws would, and else what is on.
function hostileAnswer({ url, method }) {
  if (method === 'OPTIONS') return { status: 204, headers: {}, body: '' }
  const link = { link: `<${hostile}/service>; rel="service"` }
  if (url === '/') return { status: 200, headers: link, body: '{}' }
  return said.answer
}

// What a content would ask for it asks for as it is drawn, before what is asked for behind that.
async function settle({ page }) {
  for (let round = 0; round < 3; round++)
    await page.evaluate(async () => {
      await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      await fetch(location.pathname, { cache: 'no-store' }).catch(() => undefined)
    })
}

async function stored(browser, of, heard) {
  const alice = await Person.at(browser)
  await alice.makeKey('Alice')
  // Of this protocol, since the other one takes no JSON that is none.
  await alice.openServer(`${at.server}/private/`)
  await alice.makeSpace('Letters')
  const files = contents(spy)
  ok(files.length >= 30, of(`${files.length} contents`))
  await alice.upload(...files)
  const list = alice.page.url()
  let framed = 0
  for (const { name } of files) {
    await alice.follow(`/${name}`)
    const shown = alice.page.locator('.content, .picture, iframe.page, audio, video')
    const none = alice.page.getByText('There is no view for this type')
    await shown.or(none).first().waitFor()
    const frame = alice.page.getByRole('button', { name: 'As a page, without scripts' })
    if (await frame.count()) {
      framed++
      await frame.click()
      await alice.page.locator('iframe.page').waitFor()
      // A person may click into it, too.
      const link = alice.page.frameLocator('iframe.page').locator('a').first()
      if (await link.count()) await link.click({ force: true })
    }
    await settle(alice)
    const quiet = heard.length === 0 && alice.errors.length === 0
    ok(
      quiet && alice.page.url().startsWith(home),
      of(`${name}: nothing runs, nothing leaves`),
      [...heard, ...alice.errors, alice.page.url()].join('\n')
    )
    heard.length = alice.errors.length = 0
    await alice.page.goto(list)
  }
  is(framed, 15, of('all pages were shown as pages'))
  ok(alice.blocked.length >= framed, of(`${alice.blocked.length} things were kept from happening`))
  is(alice.violations, [], of('none of them by the page itself'))
  await alice.leave()
}

// A page that somebody may open directly, at the origin of the explorer.
async function opened(browser, of, heard) {
  const alice = await Person.at(browser)
  await alice.makeKey('Alice')
  await alice.openServer(`${at.server}/`)
  await alice.makeSpace('Letters')
  const run = `document.title='ran';fetch('${spy}/opened');indexedDB.open('x')`
  await alice.upload(
    file('page.html', 'text/html', `<title>quiet</title><script>${run}</script>`),
    file(
      'page.svg',
      'image/svg+xml',
      `<svg xmlns="http://www.w3.org/2000/svg"><script>${run}</script></svg>`
    )
  )
  const read = alice.page.waitForRequest(request => request.url().endsWith('/page.html'))
  await alice.follow('/page.html')
  const url = (await read).url()
  const other = await Person.at(browser)
  for (const name of ['page.html', 'page.svg']) {
    await alice.page.goto(new URL(name, url).href)
    await settle(other)
    ok((await alice.page.title()) !== 'ran', of(`${name} does not run at this origin`))
  }
  is(heard, [], of('nothing leaves'))
  const framing = await alice.context.newPage()
  await framing.goto(`${at.other}/health`)
  await framing.setContent(`<iframe src="${home}"></iframe>`)
  await settle(other)
  const inside = await framing.frameLocator('iframe').locator('main#main').count()
  is(inside, 0, of('no other page can frame the explorer'))
  await Promise.all([alice.leave(), other.leave()])
}

async function named(browser, of, heard) {
  const alice = await Person.at(browser)
  const texts = names(spy)
  for (const name of texts.slice(0, 3)) {
    await alice.follow('Keys')
    await alice.press('Make a key')
    await alice.answerAndClose({ Name: name }, 'Make a key')
  }
  await alice.openServer(PWS)
  for (const name of texts) {
    await alice.press('New space')
    await alice.answerAndClose({ Name: name }, 'New space')
  }
  await alice.until(async () => (await alice.page.locator('.card h2').count()) === texts.length)
  is(
    (await alice.page.locator('.card h2').allTextContents()).sort(),
    texts.map(name => name.trim()).sort(),
    of('names of spaces are text')
  )
  await alice.page.locator('.card h2 a').first().click()
  for (const name of texts) {
    await alice.press('New collection')
    await alice.answerAndClose({ Name: name }, 'New collection')
  }
  await alice.until(async () => (await alice.page.locator('.card h2').count()) === texts.length)
  ok(true, of('names of collections, too'))
  await alice.page.locator('.card h2 a').first().click()
  await alice.sees('Nothing is here yet')
  await alice.upload(...texts.map(name => file(name.replaceAll('/', '_'), 'text/plain', 'x')))
  await alice.until(async () => (await alice.page.locator('table.items tbody tr').count()) > 6)
  await settle(alice)
  const injected = await alice.page.locator('main img, main svg, main script').count()
  is([injected, heard, alice.errors], [0, [], []], of('and names of files'))
  await alice.follow('Shares')
  for (const text of shareTexts(spy)) {
    await alice.page.getByLabel('Paste the text').fill(text)
    await alice.press('Open a share')
    await alice.page.getByRole('alert').waitFor()
  }
  is([heard, alice.errors], [[], []], of('and what is pasted as a share'))
  is(alice.violations, [], of('the policy has nothing to forbid'))
  await alice.leave()
}

async function served(browser, of, heard, asked) {
  const key = strangeKey()
  const alice = await Person.at(browser)
  await alice.follow('Keys')
  await alice.press('Bring a key')
  await alice.answerAndClose({ Name: 'Alice', 'The key': key.pem }, 'Bring it')
  said.answer = {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: '{"items":[]}'
  }
  await alice.openServer(`${hostile}/`)
  const list = alice.page.url()
  const table = answers(spy, hostile)
  for (const [name, answer] of table) {
    said.answer = answer
    await alice.page.goto(home)
    await alice.page.goto(list)
    await alice.page.getByRole('heading', { name: 'Spaces', exact: true }).waitFor()
    await alice.page.locator('.loading').waitFor({ state: 'detached' })
    await settle(alice)
    const injected = await alice.page.locator('main img').count()
    ok(
      heard.length === 0 && alice.errors.length === 0 && injected === 0,
      of(name),
      [...heard, ...alice.errors].join('\n')
    )
    heard.length = alice.errors.length = 0
  }
  const seed = Buffer.from(key.hexadecimal.slice(1), 'hex')
  const forms = ['hex', 'base64', 'base64url', 'latin1'].map(form => seed.toString(form))
  const leaks = asked.filter(text => [...forms, key.multibase].some(form => text.includes(form)))
  is(leaks, [], of(`the key is in none of ${asked.length} requests`))
  ok(
    asked.some(text => /\nauthorization\nSignature /i.test(text)),
    of('which were signed')
  )
  await alice.leave()
}

await withPeople(async browser => {
  const listener = await serve(SPY, () => ({ status: 200, headers: {}, body: '' }))
  const server = await serve(HOSTILE, hostileAnswer)
  const { heard } = listener
  try {
    await section('contents', of => stored(browser, of, heard))
    await section('pages opened', of => opened(browser, of, heard))
    await section('names', of => named(browser, of, heard))
    await section('a hostile server', of => served(browser, of, heard, server.heard))
  } finally {
    listener.close()
    server.close()
  }
})
