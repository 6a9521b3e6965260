// Licensed under the Apache License, Version 2.0; see LICENSE.

// What is long, and what breaks: 200 MiB up and down in constant memory, a network that goes away
// in the middle, tens of thousands of resources, and two browsers on one space. node long.mjs
// PLACES. Prints TAP.

import { createHash, randomFillSync } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readdir, readFile, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { is, load, ok, section } from '../../t/interop/interop.mjs'
import { at, clean, home, Person, withPeople } from './harness.mjs'
import { file } from './samples.mjs'

const MIB = 1024 * 1024
const LONG = 200 * MIB
const CUT = 48 * MIB
// What a page may grow by, whatever it sends and receives: buffers of the browser's, and garbage.
// One that held the file would grow by twice that.
const MAY_GROW = LONG / 2
const PWS = `${at.server}/pws/`

async function makeFile(path, bytes) {
  const handle = await open(path, 'w')
  const piece = Buffer.alloc(MIB)
  for (let done = 0; done < bytes; done += MIB) await handle.write(randomFillSync(piece))
  await handle.close()
  return path
}

async function hashOf(path) {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece)
  return hash.digest('hex')
}

// The resident memory of the largest of the processes that run pages of this profile.
async function memoryOf(profile) {
  let largest = 0
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')
    if (!command.includes(profile) || !command.includes('--type=renderer')) continue
    const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '')
    largest = Math.max(largest, Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024)
  }
  return largest
}

// The most that it takes while something runs, and how often progress went on. Looked at by the
// page itself, whenever something of it changes: who looks from outside comes too late for most.
async function measure(person, profile, run) {
  const before = await memoryOf(profile)
  let most = before
  let running = true
  await person.page.evaluate(() => {
    let last = -1
    globalThis.steps = 0
    globalThis.watching = new MutationObserver(() => {
      const value = document.querySelector('progress')?.value ?? -1
      if (value > last) globalThis.steps++
      last = value
    })
    globalThis.watching.observe(document, { attributes: true, childList: true, subtree: true })
  })
  const watching = (async () => {
    while (running) most = Math.max(most, await memoryOf(profile))
  })()
  await run()
  running = false
  await watching
  const steps = await person.page.evaluate(() => {
    globalThis.watching.disconnect()
    return globalThis.steps
  })
  return { before, most, steps }
}

const mib = bytes => `${Math.round(bytes / MIB)} MiB`

async function longFile({ kind, options, directory }, of) {
  // A profile on disk: what a private one keeps of files it keeps in memory.
  const profile = join(directory, 'profile')
  const context = await kind.launchPersistentContext(profile, {
    ...options,
    acceptDownloads: true
  })
  const alice = await Person.of(context)
  await alice.makeKey('Alice')
  await alice.openServer(PWS)
  await alice.makeSpace('Letters')
  await alice.makeCollection('Drafts')
  // What the page needs for any upload and download, it has then.
  await alice.upload(await makeFile(join(directory, 'first.bin'), 8 * MIB))
  const path = await makeFile(join(directory, 'long.bin'), LONG)
  const up = await measure(alice, profile, () => alice.upload(path))
  console.log(`# up: ${mib(up.before)} before, ${mib(up.most)} at most, ${up.steps} steps seen`)
  ok(up.most - up.before < MAY_GROW, of('200 MiB go up in constant memory'))
  ok(up.steps > 3, of('with progress'))
  await alice.follow('long.bin')
  await alice.sees('200 MiB')
  let download
  const down = await measure(alice, profile, async () => {
    download = await alice.download()
  })
  console.log(`# down: ${mib(down.before)} before, ${mib(down.most)} at most, ${down.steps} steps`)
  ok(down.most - down.before < MAY_GROW, of('and come down in constant memory'))
  ok(down.steps > 3, of('with progress'))
  is(await hashOf(await download.path()), await hashOf(path), of('they are the same'))
  clean(alice, of('long files'), at.server)
  await alice.leave()
}

// Passes on to the server, and cuts each connection of which more than so many bytes went up, or
// one of which so many came down; or keeps to itself what goes up beyond so many.
async function cutter(port) {
  const to = new URL(at.server)
  const plan = { up: Infinity, down: Infinity, kept: Infinity, cuts: 0, keeps: 0 }
  const heads = []
  const pass = (from, other, way, note) => {
    let passed = 0
    from.on('data', piece => {
      note?.(piece)
      passed += piece.length
      if (passed > plan[way]) {
        plan.down = Infinity
        plan.cuts++
        from.destroy()
        other.destroy()
      } else if (way === 'up' && passed > plan.kept) {
        plan.keeps++
      } else if (!other.write(piece)) {
        from.pause()
        other.once('drain', () => from.resume())
      }
    })
  }
  const server = createServer(client => {
    const upstream = connect(Number(to.port), to.hostname)
    pass(client, upstream, 'up', piece => heads.push(piece.subarray(0, 3000).toString('latin1')))
    pass(upstream, client, 'down')
    for (const [one, other] of [
      [client, upstream],
      [upstream, client]
    ]) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  await new Promise(resolve => server.listen(port, '127.0.0.1', resolve))
  return { plan, heads, close: () => server.close() }
}

async function broken(browser, { directory }, of) {
  const [port] = at.hostile
  const proxy = await cutter(port)
  const alice = await Person.at(browser)
  try {
    await alice.makeKey('Alice')
    await alice.openServer(`http://127.0.0.1:${port}/pws/`)
    await alice.makeSpace('Letters')
    await alice.makeCollection('Drafts')
    const path = await makeFile(join(directory, 'cut.bin'), CUT)
    proxy.plan.up = CUT / 3
    await alice.choose(path)
    await alice.sees('The connection broke. Nothing was stored.')
    // The browser tries once more by itself, before it says so.
    ok(proxy.plan.cuts > 0, of('a connection that breaks under an upload is told'))
    await alice.page.reload()
    await alice.sees('Nothing is here yet')
    ok(true, of('and nothing half is there'))
    Object.assign(proxy.plan, { up: Infinity, kept: CUT / 3 })
    await alice.choose(path)
    await alice.until(() => proxy.plan.keeps > 0)
    await alice.press('Stop', alice.transfer('cut.bin'))
    await alice.sees('stopped; nothing was stored')
    await alice.page.reload()
    await alice.sees('Nothing is here yet')
    ok(true, of('nor of one that is stopped'))
    Object.assign(proxy.plan, { up: CUT / 3, kept: Infinity })
    await alice.choose(path)
    await alice.sees('The connection broke. Nothing was stored.')
    proxy.plan.up = Infinity
    await alice.press('Try again', alice.page.locator('.transfer'))
    await alice.sees('48 MiB', alice.row('cut.bin'))
    ok(true, of('it is begun again, when that is said'))

    await alice.follow('cut.bin')
    await alice.sees('48 MiB')
    proxy.heads.length = 0
    proxy.plan.down = CUT / 2
    const told = alice.sees('The connection broke; going on soon.')
    const [download] = await Promise.all([alice.download(), told])
    ok(true, of('one that breaks under a download is told'))
    is(await hashOf(await download.path()), await hashOf(path), of('and the rest comes'))
    const range = proxy.heads.map(head => /^range: bytes=([1-9]\d*)-\r$/im.exec(head)?.[1])
    ok(range.some(Boolean), of('from where it was'))
    ok(
      proxy.heads.some(head => /^range:/im.test(head) && /^if-range:/im.test(head)),
      of('if it is still the same')
    )
  } finally {
    proxy.close()
    await alice.leave()
  }
}

const MANY = 20000

async function many(browser, { directory: scratch }, of) {
  const { packTar } = await load('modern-tar')
  const entries = Array.from({ length: MANY }, (_, i) => {
    const name = `n${String(i).padStart(5, '0')}`
    const pax = {
      'SCHILY.xattr.user.was.path': `/${name}`,
      'SCHILY.xattr.user.mime_type': 'text/plain'
    }
    return { header: { name: `x/${name}`, type: 'file', size: 1, pax }, body: 'x' }
  })
  const directory = { header: { name: 'x/', type: 'directory', size: 0 } }
  const archive = join(scratch, 'many.tar')
  await writeFile(archive, await packTar([directory, ...entries]))
  const alice = await Person.at(browser)
  await alice.makeKey('Alice')
  await alice.openServer(`${at.server}/private/`)
  await alice.makeSpace('Letters')
  await alice.page.getByLabel('Import an archive').setInputFiles(archive)
  // Two blocks for its path and type, one for the rest, one with the content: 2 KiB for each.
  await alice.sees(/^8,1[89]\d resources in the first 16 MiB of the archive/)
  ok(true, of('no more of a long space is read than was asked for'))
  const whole = alice.page.getByText('All 20,000 resources')
  const more = alice.page.getByRole('button', { name: 'Read on' })
  while ((await whole.count()) === 0) {
    await whole.or(more).first().waitFor()
    // It may be gone again by now.
    await more.evaluateAll(([button]) => button?.click())
  }
  await alice.sees('All 20,000 resources. 1 to 100 of 20,000')
  await alice.press('Next page')
  await alice.row('/n00199').waitFor()
  is(await alice.page.locator('table.items tbody tr').count(), 100, of('a page is what is drawn'))
  clean(alice, of('many'), at.server)
  await alice.leave()
}

// The same person in another browser.
async function secondBrowser(browser, alice, url) {
  await alice.press('Export')
  const pem = await alice.page.getByLabel('The key').inputValue()
  await alice.press('Close')
  const other = await Person.at(browser)
  await other.follow('Keys')
  await other.press('Bring a key')
  await other.answerAndClose({ Name: 'Alice', 'The key': pem }, 'Bring it')
  await other.openServer(url)
  return other
}

// Types into the next field for a text as soon as the page has it, before anything else happens.
function typeAtOnce({ page }, text) {
  return page.evaluate(typed => {
    new MutationObserver((_, observer) => {
      const field = document.querySelector('textarea')
      if (!field) return
      observer.disconnect()
      field.value = typed
      field.dispatchEvent(new Event('input', { bubbles: true }))
    }).observe(document.body, { childList: true, subtree: true })
  }, text)
}

async function two(browser, of) {
  const alice = await Person.at(browser)
  await alice.follow('Keys')
  await alice.press('Make a key')
  await alice.page.getByLabel('It may leave this browser').check()
  await alice.answerAndClose({ Name: 'Alice' }, 'Make a key')
  const other = await secondBrowser(browser, alice, PWS)
  await alice.openServer(PWS)
  await alice.makeSpace('Letters')
  await alice.makeCollection('Drafts')
  await other.page.goto(`${home}${new URL(alice.page.url()).hash}`)
  await other.sees('Nothing is here yet')
  const times = []
  for (let i = 0; i < 5; i++) {
    await alice.upload(file(`n${i}.txt`, 'text/plain', 'x'))
    const stored = performance.now()
    await other.row(`n${i}.txt`).waitFor()
    times.push(Math.round(performance.now() - stored))
  }
  ok(true, of('what one stores the other sees, by itself'))
  console.log(`# seen ${times.join(', ')} ms after it was stored`)

  for (const person of [alice, other]) await person.follow('n0.txt')
  await typeAtOnce(other, 'mine')
  for (const person of [alice, other]) await person.press('Edit')
  const content = ({ page }) => page.getByLabel('Content', { exact: true })
  await content(alice).fill('hers')
  await content(other).waitFor()
  await alice.press('Save')
  await alice.sees(/^hers$/)
  await other.sees('This was changed elsewhere since you opened it')
  is(await content(other).inputValue(), 'mine', of('a conflict is told, and nothing is lost'))
  await other.press('Load what is there now')
  await other.until(async () => (await content(other).inputValue()) === 'hers')
  ok(true, of('what the other wrote is looked at'))
  await alice.press('Delete')
  await alice.answerAndClose({}, 'Delete')
  await other.sees('This was deleted elsewhere')
  ok(true, of('what one deletes is told the other'))
  await Promise.all([alice.leave(), other.leave()])
}

await withPeople(async (browser, machine) => {
  await section('long files', of => longFile(machine, of))
  await section('a broken network', of => broken(browser, machine, of))
  await section('many', of => many(browser, machine, of))
  await section('two browsers', of => two(browser, of))
})
